#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tools that judge a crash can themselves tell good from bad. No VM.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

require_tools musl-gcc qemu-system-x86_64
make_guest_programs "$RUN" || fail "guest programs do not compile"
"$LIB/seed_test.py" "$RUN/seed" || fail "seed"
"$LIB/judge_test.py" || fail "judge"
"$LIB/judge_dma_test.py" || fail "judge_dma"
"$LIB/judge_resets_test.py" || fail "judge_resets"
"$LIB/judge_direct_test.py" || fail "judge_direct"
"$LIB/judge_config_test.py" || fail "judge_config"
"$LIB/judge_starts_test.py" || fail "judge_starts"
"$LIB/judge_untouched_test.py" || fail "judge_untouched"
"$LIB/run_vm_test.py" || fail "run_vm"
"$LIB/judge_iommu_test.py" || fail "IOMMU judge"
"$LIB/judge_window_test.py" || fail "judge_window"
"$LIB/judge_sriov_test.py" || fail "judge_sriov"
"$TOP/tests/vm/soak/topology_test.py" || fail "topology of a soak"
"$TOP/tests/vm/soak/soak_test.py" || fail "soak"
say "passed"
