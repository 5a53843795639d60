#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What has no place in committed files: paths of the machine that they were
# written on, mirrors' names, trailing blanks. And a licence line in each.
cd "$1"
# shellcheck source=tests/lint/common.sh
. tests/lint/common.sh

mapfile -t files < <(source_files | grep -vE '^(LICENSE$|tests/(fixtures|fuzz/found)/)')

# The brackets keep these lines from finding themselves.
refuse 'a path of somebody'\''s machine' '(^|[^[:alnum:]_.$}>-])/(wor[k]|hom[e])/[[:alnum:]]' "${files[@]}"
refuse 'a name of a mirror' '(deb|security|snapshot|ftp[.a-z]*)[.]debia[n][.]org' "${files[@]}"
refuse 'trailing blanks' '[[:blank:]]+$' "${files[@]}"

for file in "${files[@]}"; do
	case $file in
	*.json | *.md | *.expected | *.txt) [ "$file" = meson_options.txt ] || continue ;;
	esac
	head -n 5 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' ||
		complain "$file: no SPDX-License-Identifier"
done

finish
