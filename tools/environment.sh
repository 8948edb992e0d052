# Sourced by ./run and ./test, with $root set: makes .venv hold exactly what a lock file says. POSIX sh.
#
# The stamp of a lock is written last, so a .venv without it is unfinished, of another lock or of another Python, and is made
# afresh. The development lock is a superset of the runtime one: one .venv serves both commands.
venv=$root/.venv

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# stamp LOCK: what the stamp must hold
stamp() { printf '%s %s' "$(cksum <"$root/$1")" "$("$venv/bin/python" -I -S -c 'import sys; print(*sys.version_info[:2])' 2>&1)"; }

# is_ready LOCK
is_ready() { [ -x "$venv/bin/python" ] && [ -f "$venv/$1.stamp" ] && [ "$(cat "$venv/$1.stamp")" = "$(stamp "$1")" ]; }

# Sets $python to a Python that is new enough.
find_python() {
    for python in python3 python3.13 python3.12 python3.11 python3.14; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then return; fi
    done
    die 'Amend needs Python 3.11 or newer, and found none. On Debian or Ubuntu: apt install python3 python3-venv'
}

with_uv() {
    command -v uv >/dev/null 2>&1 || return 1
    [ -x "$venv/bin/python" ] || UV_SYSTEM_CERTS=1 uv venv --quiet --python "$python" "$venv" >/dev/null 2>&1 || return 1
    UV_SYSTEM_CERTS=1 uv pip install --quiet --require-hashes --python "$venv/bin/python" -r "$root/$1" >/dev/null 2>&1
}

with_pip() {
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        rm -rf "$venv"
        "$python" -m venv "$venv" >/dev/null 2>&1 || return 1
    fi
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes -r "$root/$1" ||
        die "The packages of $1 could not be installed; pip said why above."
}

with_system_pip() {
    "$python" -m pip --version >/dev/null 2>&1 || return 1
    rm -rf "$venv"
    "$python" -m venv --without-pip "$venv" >/dev/null 2>&1 || return 1
    "$python" -m pip --python "$venv/bin/python" install -qq --disable-pip-version-check --require-hashes -r "$root/$1" ||
        die "The packages of $1 could not be installed; pip said why above."
}

# install LOCK: by the first way that works here
install() {
    is_ready "$1" && return # another start has just done it
    find_python
    say "Setting up Python packages in .venv; this is done once for each change of $1 ..."
    is_ready requirements.txt || rm -rf "$venv"
    rm -f "$venv"/*.stamp
    with_uv "$1" || with_pip "$1" || with_system_pip "$1" ||
        die "Amend needs Python's venv module to install its packages. On Debian or Ubuntu: apt install python3-venv"
    for lock in requirements.txt "$1"; do stamp "$lock" >"$venv/$lock.stamp"; done
}

# prepare LOCK: one at a time where flock exists
prepare() {
    is_ready "$1" && return
    (
        if command -v flock >/dev/null 2>&1; then flock 9; fi
        install "$1"
    ) 9<"$root" || exit 1
}
