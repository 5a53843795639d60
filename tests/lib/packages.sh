# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Packages without installing them, through an apt of our own below build/apt:
# the machine's sources, lists and caches stay as they are. The caller sets
# BUILD to the absolute path of the build folder.
#
#   fetch_source NAME VERSION-OR-EMPTY SUITE DESTDIR   upstream tarball(s) of a source package
#   unpack_package PACKAGE[=VERSION] SUITE-OR-EMPTY DESTDIR   files of a binary package, nothing run
#
# Both return non-zero and say why if the package cannot be had. apt checks
# signatures and sha256 sums.

: "${BUILD:?packages.sh: the caller sets BUILD}"

apt_suites=(bookworm bookworm-security trixie)
# Other kernels, if the machine's mirror has these too.
apt_kernel_suites=(trixie-security trixie-backports sid bullseye bullseye-security)
apt_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The machine's apt sources as lines "URI SUITE", one-line and deb822 style.
apt_machine_sources() {
	local dir=/etc/apt file

	for file in "$dir/sources.list" "$dir"/sources.list.d/*.list; do
		[ -e "$file" ] || continue
		sed -E 's/\[[^]]*\]//' "$file" | awk '$1 == "deb" { print $2, $3 }'
	done
	for file in "$dir"/sources.list.d/*.sources; do
		[ -e "$file" ] || continue
		apt_stanzas "$file"
	done
}

# The deb stanzas of a deb822 file; comment lines would end up in a stanza.
apt_stanzas() {
	grep -v '^#' "$1" | awk -v RS= '
		{
			n = split($0, line, "\n"); uris = suites = types = ""; off = 0
			for (i = 1; i <= n; i++) {
				key = tolower(line[i]); value = line[i]
				sub(/:.*/, "", key); sub(/^[^:]*:[ \t]*/, "", value)
				if (key == "uris") uris = value
				if (key == "suites") suites = value
				if (key == "types") types = value
				if (key == "enabled" && tolower(value) == "no") off = 1
			}
			if (off || (" " types " ") !~ / deb /) next
			nu = split(uris, uri, /[ \t]+/); ns = split(suites, suite, /[ \t]+/)
			for (i = 1; i <= nu; i++)
				for (j = 1; j <= ns; j++)
					print uri[i], suite[j]
		}'
}

# The URI that serves the machine's release; "-security" asks for that archive.
apt_mirror() {
	local kind=$1 codename

	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	apt_machine_sources |
		awk -v want="$codename$kind" '$2 == want && !seen++ { print $1 }'
}

# apt_private_lines SUITE TYPE...
apt_private_lines() {
	local suite=$1 kind='' uri options type
	shift

	options="[arch=$(dpkg --print-architecture)"
	if [ -e "$apt_keyring" ]; then
		options+=" signed-by=$apt_keyring"
	fi
	options+=']'
	case $suite in
	*-security) kind=-security ;;
	esac
	uri=$(apt_mirror "$kind")
	# A machine without a security archive does without that suite.
	[ -n "$uri" ] || return 0
	for type in "$@"; do
		echo "$type $options $uri $suite main"
	done
}

apt_private_sources() {
	local suite

	for suite in "${apt_suites[@]}"; do
		apt_private_lines "$suite" deb deb-src
	done
	for suite in "${apt_kernel_suites[@]}"; do
		[ -e "$BUILD/apt/without-$suite" ] || apt_private_lines "$suite" deb
	done
}

# A mirror may lag behind: sources are pinned by their sum, and the rest only
# runs in the tests' own machines.
apt_private() {
	local tool=$1
	shift

	"$tool" -q \
		-o "Dir::Etc::sourcelist=$BUILD/apt/sources.list" \
		-o 'Dir::Etc::sourceparts=/dev/null' \
		-o 'Dir::Etc::preferences=/dev/null' \
		-o 'Dir::Etc::preferencesparts=/dev/null' \
		-o "Dir::State::lists=$BUILD/apt/lists" \
		-o "Dir::Cache=$BUILD/apt/cache" \
		-o 'Acquire::Languages=none' \
		-o 'Acquire::Check-Valid-Until=false' \
		-o 'Acquire::Retries=3' \
		-o 'APT::Sandbox::User=root' \
		"$@" </dev/null
}

apt_private_update() {
	rm -f "$BUILD/apt/updated"
	if ! apt_private apt-get update >"$BUILD/apt/update.log" 2>&1; then
		apt_private_do_without || return 1
	fi
	cp "$BUILD/apt/sources.list" "$BUILD/apt/updated"
}

# Suites for other kernels are not worth a failure: once more without those that the
# log names, or without all of them.
apt_private_do_without() {
	local suite named=

	cat "$BUILD/apt/update.log" >&2
	for suite in "${apt_kernel_suites[@]}"; do
		if grep -qE "^[EW]:.*[ /]${suite}[ /]" "$BUILD/apt/update.log"; then
			touch "$BUILD/apt/without-$suite"
			named=yes
		fi
	done
	for suite in "${apt_kernel_suites[@]}"; do
		[ -n "$named" ] || touch "$BUILD/apt/without-$suite"
	done
	apt_private_sources >"$BUILD/apt/sources.list"
	apt_private apt-get update >"$BUILD/apt/update.log" 2>&1 && return 0
	cat "$BUILD/apt/update.log" >&2
	return 1
}

# Indexes are read once and again only if the list of sources has changed.
apt_private_ready() {
	mkdir -p "$BUILD/apt/lists/partial" "$BUILD/apt/cache/archives/partial"
	apt_private_sources >"$BUILD/apt/sources.list"
	if [ ! -s "$BUILD/apt/sources.list" ]; then
		echo "packages: found no Debian mirror in this machine's apt sources" >&2
		return 1
	fi
	cmp -s "$BUILD/apt/sources.list" "$BUILD/apt/updated" || apt_private_update
}

# One caller at a time: apt's cache does not like company.
apt_private_lock() {
	mkdir -p "$BUILD/apt"
	exec 7>"$BUILD/apt/lock"
	flock 7
	apt_private_ready
}

apt_private_locked() (
	apt_private_lock || exit 1
	apt_private "$@"
)

# apt_private_fetch DIR ARGS...: one apt-get that downloads into DIR; if that
# fails the index may be older than the mirror: refresh it and try once more.
apt_private_fetch() (
	dir=$1 log=$1/apt.log
	shift

	apt_private_lock || exit 1
	cd "$dir" || exit 1
	apt_private apt-get "$@" >"$log" 2>&1 && exit 0
	apt_private_update || exit 1
	apt_private apt-get "$@" >"$log" 2>&1 && exit 0
	echo "packages: apt-get $* failed:" >&2
	cat "$log" >&2
	exit 1
)

fetch_source() {
	local name=$1 version=$2 suite=$3 destdir=$4 temporary target

	mkdir -p "$destdir"
	temporary=$(mktemp -d "$BUILD/fetch.XXXXXX") || return 1
	target=$name/$suite
	if [ -n "$version" ]; then
		target=$name=$version
	fi
	# Without --tar-only apt wants the .dsc as well, and mirrors lose those.
	if ! apt_private_fetch "$temporary" source --download-only --tar-only \
		--only-source "$target"; then
		rm -rf "$temporary"
		return 1
	fi
	mv "$temporary"/*.tar.* "$destdir/"
	rm -rf "$temporary"
}

unpack_package() {
	local package=$1 suite=$2 destdir=$3 temporary status=0

	mkdir -p "$destdir"
	temporary=$(mktemp -d "$BUILD/fetch.XXXXXX") || return 1
	case $package in
	*=*) ;;
	*) package+=${suite:+/$suite} ;;
	esac
	if apt_private_fetch "$temporary" download "$package"; then
		dpkg -x "$temporary"/*.deb "$destdir" || status=1
	else
		status=1
	fi
	rm -rf "$temporary"
	return "$status"
}
