// Programs written for aria2 talk to millrace: the npm packages aria2 and maria2, and the calls of AriaNg.
// usage: node aria2_clients.mjs FOLDER_OF_node_modules CLIENT RPC_URL SECRET MEDIA_URL DEAD_URL
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { webcrypto } from "node:crypto";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, client, rpcUrl, secret, mediaUrl, deadUrl] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(modules), "x.js"));
// maria2 expects what browsers have; older Node.js lacks some of it.
globalThis.crypto ??= webcrypto;
globalThis.WebSocket ??= require("ws");

const GID = /^[0-9a-f]{16}$/;
const endpoint = new URL(rpcUrl);

async function play(gid) {
  const response = await fetch(new URL(`/stream?gid=${gid}`, rpcUrl));
  return { status: response.status, size: (await response.arrayBuffer()).byteLength, response };
}

async function until(condition) {
  for (;;) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/// A download's life through `call(method, ...parameters)`; `fails(promise)` resolves with code and message.
async function live(call, fails) {
  assert.match((await call("getVersion")).version, /^\d+\.\d+/);
  assert.match((await call("getSessionInfo")).sessionId, /^[0-9a-f]{40}$/);

  const gid = await call("addUri", [deadUrl, mediaUrl], { out: "a film.mp4", split: "2", header: ["X-From: a script"] });
  assert.match(gid, GID);
  let task = await call("tellStatus", gid);
  assert.equal(task.gid, gid);
  assert.equal(task.status, "waiting");
  assert.equal(task.totalLength, String(1 << 20));
  assert.equal(task.completedLength, "0");
  assert.deepEqual((await call("tellWaiting", 0, 10, ["gid"])), [{ gid }]);
  assert.deepEqual((await call("getUris", gid)).map((each) => each.uri), [deadUrl, mediaUrl]);

  const played = await play(gid);
  assert.equal(played.status, 200);
  assert.equal(played.size, 1 << 20);
  assert.match(played.response.headers.get("content-disposition"), /a%20film\.mp4/);
  task = await until(async () => {
    const now = await call("tellStatus", gid, ["status", "completedLength", "errorCode"]);
    return now.status === "complete" && now;
  });
  assert.deepEqual(task, { status: "complete", completedLength: String(1 << 20), errorCode: "0" });
  assert.equal((await call("tellStopped", -1, 1, ["gid"]))[0].gid, gid);
  assert.equal((await call("getFiles", gid))[0].length, String(1 << 20));
  assert.equal((await call("getGlobalStat")).numStopped, "1");
  assert.equal((await call("getOption", gid)).out, "a film.mp4");

  const other = await call("addUri", [mediaUrl.replace("film", "other")]);
  assert.equal(await call("remove", other), other);
  assert.equal((await call("tellStatus", other)).status, "removed");
  assert.equal((await play(other)).status, 404);
  assert.equal(await call("removeDownloadResult", gid), "OK");
  assert.equal(await call("purgeDownloadResult"), "OK");
  assert.equal((await call("tellStopped", 0, 10)).length, 0);

  for (const [ask, code, text] of [
    [() => call("addUri", [deadUrl]), 1, /404/],
    [() => call("tellStatus", gid), 1, /not found/],
    [() => call("addUri"), -32602, /parameter/],
    [() => call("pause", gid), 1, /\S/],
  ]) {
    const error = await fails(ask());
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
  }
}

async function packageAria2() {
  const Aria2 = require("aria2");
  const options = { host: endpoint.hostname, port: endpoint.port, secure: false, secret, path: "/jsonrpc" };
  const aria2 = new Aria2(options);
  const fails = (promise) => promise.then(() => assert.fail("no error"), (error) => error);
  await live((method, ...parameters) => aria2.call(method, ...parameters), fails);
  assert.ok((await aria2.multicall([["getVersion"], ["getGlobalStat"], ["tellActive"]])).every(Array.isArray));
  const batch = await Promise.all(await aria2.batch([["getVersion"], ["tellActive", ["gid"]]]));
  assert.match(batch[0].version, /\d/);
  assert.deepEqual(batch[1], []);
  assert.ok((await aria2.listMethods()).includes("addUri"));
  if (secret === "") return;
  const stranger = new Aria2({ ...options, secret: "wrong" });
  assert.equal((await fails(stranger.call("getVersion"))).message, "Unauthorized");
}

async function packageMaria2() {
  const { aria2, close, createHTTP, open, system } = await import(
    pathToFileURL(path.join(modules, "maria2", "dist", "index.js")));
  const link = await open(createHTTP(rpcUrl, { secret: secret || undefined }));
  const fails = (promise) => promise.then(() => assert.fail("no error"), (error) => error);
  await live((method, ...parameters) => aria2[method](link, ...parameters), fails);
  const results = await system.multicall(link, { methodName: "aria2.getVersion", params: [] },
    { methodName: "aria2.getGlobalStat", params: [] });
  assert.match(results[0][0].version, /\d/);
  assert.equal(results[1][0].numActive, "0");
  close(link);
}

async function calls() {
  const token = secret === "" ? [] : [`token:${secret}`];
  const post = async (body) => {
    const response = await fetch(rpcUrl, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, answer: text === "" ? null : JSON.parse(text) };
  };
  const call = async (method, ...parameters) => {
    const id = `QXJpYU5n_${Date.now()}_0.5`;
    const { status, answer } = await post({ jsonrpc: "2.0", method: `aria2.${method}`, id, params: [...token, ...parameters] });
    assert.equal(answer.id, id);
    assert.equal(status, answer.error ? 400 : 200);
    if (answer.error) throw answer.error;
    return answer.result;
  };
  await live(call, (promise) => promise.then(() => assert.fail("no error"), (error) => error));
  // What AriaNg asks each second.
  const keys = ["gid", "totalLength", "completedLength", "uploadSpeed", "downloadSpeed", "connections", "numSeeders", "seeder",
    "status", "errorCode", "verifiedLength", "verifyIntegrityPending", "files", "bittorrent", "infoHash"];
  const gid = await call("addUri", [mediaUrl], {});
  const { answer } = await post({ jsonrpc: "2.0", id: "AriaNg", method: "system.multicall", params: [[
    { methodName: "aria2.getGlobalOption", params: token },
    { methodName: "aria2.tellActive", params: [...token, keys] },
    { methodName: "aria2.tellWaiting", params: [...token, 0, 1000, keys] },
    { methodName: "aria2.tellStopped", params: [...token, -1, 1000, keys] },
    { methodName: "aria2.getServers", params: [...token, gid] },
  ]] });
  const [options, active, waiting, stopped, unknown] = answer.result;
  assert.equal(typeof options[0].split, "string");
  assert.deepEqual(active, [[]]);
  assert.equal(waiting[0][0].files[0].uris[0].uri, mediaUrl);
  assert.deepEqual(stopped, [[]]);
  assert.equal(typeof unknown.code, "number");
  assert.deepEqual(await post("{"), { status: 400, answer: { jsonrpc: "2.0", id: null,
    error: (await post("{")).answer.error } });
  assert.equal((await post("{")).answer.error.code, -32700);
}

await { aria2: packageAria2, maria2: packageMaria2, calls }[client]();
