# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The build directories:
#   build/musl     the C library of build/static, made small
#   build/static   what is shipped: musl, pinned sources, -static
#   build/asan     gcc, pinned sources, address and undefined sanitizers: unit tests
#   build/dynamic  gcc, the system's libraries
#   build/fuzz     clang, pinned sources, the same sanitizers: fuzz targets
#
# Meson unpacks subprojects into the source tree. To keep that clean it is given
# build/source: links to all that is here, and a subprojects/ of its own.
#
# The caller sets TOP and BUILD.

# wrap, source package, suite that has the version
builds_tarballs=(
	'pciutils pciutils trixie'
	'inih libinih trixie'
	'cjson cjson bookworm'
	'kmod kmod trixie'
	'musl musl bookworm'
)

# Smallest code, of which a static program that is not moved takes what it calls.
builds_musl_options=(--disable-shared --enable-wrapper=gcc 'CFLAGS=-Oz -fno-pie')

builds_wrap_value() {
	sed -n "s/^$2 = //p" "$TOP/subprojects/$1.wrap"
}

builds_tarball_is_good() {
	local wrap=$1 file

	file=$BUILD/tarballs/$(builds_wrap_value "$wrap" source_filename)
	echo "$(builds_wrap_value "$wrap" source_hash)  $file" |
		sha256sum --check --status 2>/dev/null
}

builds_fetch_tarballs() {
	local entry wrap package suite

	for entry in "${builds_tarballs[@]}"; do
		read -r wrap package suite <<<"$entry"
		builds_tarball_is_good "$wrap" && continue
		echo "setup: fetching the source of $wrap"
		fetch_source "$package" "$(builds_source_version "$package" "$wrap")" "$suite" \
			"$BUILD/tarballs" || return 1
		if ! builds_tarball_is_good "$wrap"; then
			echo "setup: what $suite has is not what $wrap.wrap pins" >&2
			return 1
		fi
	done
}

# The archive's newest version made from the pinned upstream tarball: a suite
# may move on to another.
builds_source_version() {
	local package=$1 tarball

	tarball=$(builds_wrap_value "$2" source_filename)
	apt_private_locked apt-cache showsrc --only-source "$package" | awk -v tarball="$tarball" '
		/^Version: / { version = $2 }
		$3 == tarball { print version }' | sort -V | tail -n 1
}

builds_source_tree() {
	local source=$BUILD/source entry name key

	mkdir -p "$source"
	find "$source" -mindepth 1 -maxdepth 1 -type l -delete
	for entry in "$TOP"/* "$TOP"/.clang-format; do
		name=${entry##*/}
		case $name in
		build | subprojects | "${BUILD##*/}") ;;
		*) ln -s "$entry" "$source/$name" ;;
		esac
	done

	# Meson looks at a wrap once, when it unpacks: anything new starts afresh.
	key=$(cd "$TOP/subprojects" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
	[ "$key" = "$(cat "$source/subprojects/.key" 2>/dev/null)" ] && return 0
	rm -rf "$source/subprojects" "$BUILD"/{static,asan,dynamic,fuzz}
	cp -r "$TOP/subprojects" "$source/subprojects"
	cp "$BUILD"/tarballs/*.tar.* "$source/subprojects/packagefiles/"
	echo "$key" >"$source/subprojects/.key"
}

# Debian's own musl is made for speed, position independent and with stack protectors,
# and took more than a quarter of the program for images.
builds_musl() {
	local dir=$BUILD/musl log=$BUILD/musl.log key tarball

	sed "s|'musl-gcc'|'$dir/bin/musl-gcc'|" "$TOP/tests/lib/musl.ini" >"$BUILD/musl.ini"
	key="$(builds_wrap_value musl source_hash) ${builds_musl_options[*]}"
	[ "$key" = "$(cat "$dir/.key" 2>/dev/null)" ] && return 0
	echo 'setup: making a small C library'
	tarball=$BUILD/tarballs/$(builds_wrap_value musl source_filename)
	rm -rf "$dir" "$BUILD/static"
	mkdir -p "$dir/source"
	tar -x -C "$dir/source" --strip-components=1 -f "$tarball"
	if ! (cd "$dir/source" && ./configure --prefix="$dir" "${builds_musl_options[@]}" &&
		make -s -j "$(nproc)" install) >"$log" 2>&1 </dev/null; then
		cat "$log" >&2
		return 1
	fi
	rm -rf "$dir/source"
	echo "$key" >"$dir/.key"
}

# builds_configure NAME OPTIONS...
builds_configure() {
	local name=$1 dir=$BUILD/$1 log=$BUILD/configure-$1.log
	shift

	[ "$*" = "$(cat "$dir/.options" 2>/dev/null)" ] && return 0
	rm -rf "$dir"
	if ! meson setup "$dir" "$BUILD/source" --wrap-mode=nodownload "$@" >"$log" 2>&1 </dev/null; then
		cat "$log" >&2
		return 1
	fi
	echo "$*" >"$dir/.options"
}

builds_configure_all() {
	# Sanitizers make gcc warn of what cannot happen: no -Dwerror there. It is not the
	# default, since other compilers than the tests' warn of other things.
	builds_configure static --native-file "$BUILD/musl.ini" -Dstatic=true \
		-Dwerror=true &&
		builds_configure asan -Dstatic=true -Doptimization=1 \
			-Db_sanitize=address,undefined -Db_lundef=false &&
		builds_configure dynamic -Dstatic=false -Dwerror=true &&
		builds_configure fuzz --native-file "$BUILD/source/tests/lib/clang.ini" \
			-Dstatic=true -Dfuzz=true -Doptimization=1 -Ddebug=true \
			-Db_sanitize=address,undefined -Db_lundef=false
}
