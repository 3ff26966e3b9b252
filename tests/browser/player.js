// What the tests call: open() starts hls.js on the page's video, state() tells how it is.
"use strict";

const video = document.getElementById("video");
let hls;
const errors = [];
const fatal = [];

function open(url, config) {
  hls = new Hls(config);
  hls.on(Hls.Events.ERROR, (_, data) => {
    const status = data.response ? ` ${data.response.code}` : "";
    (data.fatal ? fatal : errors).push(`${data.type} ${data.details}${status} ${data.reason || data.error || ""}`);
  });
  hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
  hls.loadSource(url);
  hls.attachMedia(video);
}

function cues() {
  return Array.from(video.textTracks).flatMap((track) => Array.from(track.cues || [], (cue) => cue.text));
}

function state() {
  return {
    time: video.currentTime,
    duration: video.duration === Infinity ? -1 : video.duration || 0,
    ended: video.ended,
    paused: video.paused,
    height: video.videoHeight,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    levels: hls.levels.map((level) => level.height),
    audioTracks: hls.audioTracks.map((track) => track.name),
    latency: hls.latency,
    cues: cues(),
    errors,
    fatal,
  };
}
