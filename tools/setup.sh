# shellcheck shell=bash disable=SC2034,SC2154
# Shared by ./run and ./check: Debian packages, and one configured and built preset. Sourced by bash with `top` set to the
# top of the checkout. Everything it prints goes to stderr: stdout belongs to the server.

# What every preset is configured and built with.
build_packages=(
  ccache clang-19 cmake libbenchmark-dev libboost-json1.81-dev libboost-program-options1.81-dev libboost-test1.81-dev
  libboost-url1.81-dev libboost1.81-dev libc-ares-dev libclang-rt-19-dev libidn2-dev libspdlog-dev libssl-dev lld-19 ninja-build
  pkg-config prometheus-cpp-dev zlib1g-dev
)
# What the tests run besides.
check_packages=("${build_packages[@]}" clang-format-19 clang-tidy-19 curl ffmpeg mpv openssl prometheus python3)
# What the tests with the label `browser` run besides. Node.js may come from elsewhere, its own npm with it.
browser_packages=(chromium chromium-driver)
command -v node >/dev/null || browser_packages+=(nodejs)
command -v npm >/dev/null || browser_packages+=(npm)

say() { printf '%s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# Runs a command with its output in a log file; shows the log only when the command fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 && return
  local code=$?
  cat "$log" >&2
  say "failed: $*"
  return "$code"
}

# without_services COMMAND…: packages that COMMAND installs start nothing, now or at the next boot. Takes `as_root` from its
# caller.
without_services() (
  local policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  "$@" || return
  [[ ! -d /run/systemd/system ]] || "${as_root[@]}" systemctl --quiet disable prometheus
)

# install_packages NAME…: installs those that are missing, asks nothing.
install_packages() {
  command -v dpkg-query >/dev/null || {
    say "This is no Debian system: what these packages hold must be there already: $*"
    return 0
  }
  local installed missing=() name as_root=()
  installed=" $(dpkg-query -W -f='${Package}:${db:Status-Status} ' "$@" 2>/dev/null || true)"
  for name in "$@"; do
    [[ $installed == *" $name:installed "* ]] || missing+=("$name")
  done
  ((${#missing[@]})) || return 0

  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "Missing packages, and neither root nor sudo to install them. As root, run:
  apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing: ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300)
  local log
  log=$(mktemp)
  quietly "$log" "${apt[@]}" update || die "apt-get update failed"
  local install=("${apt[@]}" install --no-install-recommends "${missing[@]}")
  # promtool comes with a monitoring server, which nobody here wants to run.
  [[ " ${missing[*]} " != *" prometheus "* ]] || install=(without_services "${install[@]}")
  quietly "$log" "${install[@]}" || die "apt-get install failed"
  rm -f "$log"
}

# Heavy translation units take 1.5 GB each.
build_jobs() {
  local cores gibibytes jobs
  cores=$(nproc)
  gibibytes=$(awk '/^MemTotal:/ { print int($2 / 1048576) }' /proc/meminfo)
  jobs=$((gibibytes / 2))
  ((gibibytes < 8 && jobs > 2)) && jobs=2
  ((jobs > cores)) && jobs=$cores
  ((jobs < 1)) && jobs=1
  echo "$jobs"
}

# build_preset PRESET TARGET…: configures when there is nothing to build with or the presets changed; ninja sees every
# other change itself. One at a time per checkout.
build_preset() {
  local preset=$1 folder=$top/build/$1
  shift
  mkdir -p "$folder"
  exec 9>"$top/build/lock"
  flock 9
  if [[ ! -e $folder/build.ninja || $top/CMakePresets.json -nt $folder/configured ]]; then
    (cd "$top" && quietly "$folder/configure.log" cmake --preset "$preset") || return
    touch "$folder/configured"
  fi
  quietly "$folder/build.log" ninja -C "$folder" -j "$(build_jobs)" "$@" || return
  exec 9>&-
}
