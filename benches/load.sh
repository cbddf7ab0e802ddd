#!/usr/bin/env bash
# Cached tiles under load: a running server answers `wrk` with tiles around a place.
#   benches/load.sh [URL] [LAYER] [LON] [LAT]
# Needs a server (`make serve`) and wrk.
set -euo pipefail
url=${1:-http://127.0.0.1:8080} layer=${2:-residences} lon=${3:-113.32} lat=${4:-23.12}
script=$(mktemp --suffix=.lua)
trap 'rm -f "$script"' EXIT
cat >"$script" <<LUA
local paths, turn = {}, 0
for z = 8, 16 do
  local side = 2 ^ z
  local lat = math.rad($lat)
  local x = math.floor(($lon + 180) / 360 * side)
  local y = math.floor((1 - math.log(math.tan(lat) + 1 / math.cos(lat)) / math.pi) / 2 * side)
  for dx = -1, 1 do
    for dy = -1, 1 do
      paths[#paths + 1] = string.format("/tiles/$layer/%d/%d/%d", z, x + dx, y + dy)
    end
  end
end
request = function()
  turn = turn % #paths + 1
  return wrk.format("GET", paths[turn], { ["Accept-Encoding"] = "gzip" })
end
LUA
# Once to fill the cache, then the measured run.
wrk --threads 1 --connections 4 --duration 2s --script "$script" "$url" >/dev/null
wrk --threads 1 --connections 16 --duration 10s --latency --script "$script" "$url"
