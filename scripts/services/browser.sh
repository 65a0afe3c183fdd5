#!/usr/bin/env bash
#
# browser.sh - Debian's Chromium and its driver, for tests that look at pages in
# a real browser. `up` installs what is missing; nothing runs between tests.
set -euo pipefail

NAME=browser
# shellcheck source=scripts/services/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
readonly PACKAGES=(chromium chromium-driver)

up() {
    local p missing=()
    for p in "${PACKAGES[@]}"; do installed "$p" || missing+=("$p"); done
    if (( ${#missing[@]} )); then
        log "installing ${missing[*]}"
        apt_install "${missing[@]}"
    fi
    log "up: $(command -v chromium), $(command -v chromedriver)"
    print_env
}

down() { :; }
stop() { :; }
print_env() { :; }

status() {
    local p
    for p in "${PACKAGES[@]}"; do installed "$p" || { log "$p is not installed"; return 3; }; done
    log "usable"
}

run "$@"
