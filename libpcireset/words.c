/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that reports use for the library's enumerations. */
#include "pcireset_contain.h"

static const struct {
	const char *report;
	const char *kernel;
} methods[PCIRESET_METHODS] = {
	[PCIRESET_METHOD_DEVICE_SPECIFIC] = { "device_specific", "device_specific" },
	[PCIRESET_METHOD_ACPI] = { "acpi", "acpi" },
	[PCIRESET_METHOD_FLR] = { "flr", "flr" },
	[PCIRESET_METHOD_AF] = { "af", "af_flr" },
	[PCIRESET_METHOD_PM] = { "pm", "pm" },
	[PCIRESET_METHOD_SBR] = { "sbr", "bus" },
	[PCIRESET_METHOD_CXL_BUS] = { "cxl_bus", "cxl_bus" },
};

static const char *const actions[] = {
	[PCIRESET_KEEP] = "keep",
	[PCIRESET_IDLE] = "idle",
	[PCIRESET_FENCE] = "fence",
	[PCIRESET_RESET] = "reset",
};

static const char *const engines[PCIRESET_ENGINES] = {
	[PCIRESET_ENGINE_NONE] = NULL,
	[PCIRESET_ENGINE_DIRECT] = "direct",
	[PCIRESET_ENGINE_KERNEL] = "kernel",
};

static const char *const engine_whys[PCIRESET_ENGINE_WHYS] = {
	[PCIRESET_ENGINE_WHY_NONE] = NULL,
	[PCIRESET_ENGINE_WHY_DIRECT] = "its registers are enough",
	[PCIRESET_ENGINE_WHY_METHOD] = "only the kernel can",
	[PCIRESET_ENGINE_WHY_ASKED] = "as configured",
	[PCIRESET_ENGINE_WHY_DRIVER] = "a driver has it",
	[PCIRESET_ENGINE_WHY_UNKNOWN] = "capabilities unknown",
	[PCIRESET_ENGINE_WHY_HIDDEN] = "extended registers out of sight",
	[PCIRESET_ENGINE_WHY_QUIRK] = "this device needs more",
	[PCIRESET_ENGINE_WHY_VFS] = "its VFs have to come back",
	[PCIRESET_ENGINE_WHY_ATS] = "ATS behind an IOMMU",
	[PCIRESET_ENGINE_WHY_ATS_PERHAPS] = "ATS, if there is an IOMMU",
	[PCIRESET_ENGINE_WHY_LOCKED] = "the kernel is locked down",
	[PCIRESET_ENGINE_WHY_ASLEEP] = "it sleeps: D3hot",
	[PCIRESET_ENGINE_WHY_NO_OFFER] = "the kernel has none for that bus",
};

static const char *const verdicts[PCIRESET_VERDICTS] = {
	[PCIRESET_VERDICT_NONE] = NULL,
	[PCIRESET_VERIFIED] = "verified",
	[PCIRESET_COMPLETED] = "completed",
	[PCIRESET_FENCED] = "fenced",
	[PCIRESET_CONTAINED] = "contained",
	[PCIRESET_KEPT] = "kept",
	[PCIRESET_VERDICT_IDLE] = "idle",
	[PCIRESET_LOST] = "lost",
	[PCIRESET_FAILED] = "failed",
};

static const char *const seen_words[] = {
	[PCIRESET_SEEN_NONE] = "none",
	[PCIRESET_SEEN_REPORTED] = "reported",
	[PCIRESET_SEEN_OBSERVED] = "observed",
};

static const char *const contain_words[PCIRESET_CONTAINS] = {
	[PCIRESET_CONTAIN_NONE] = "none",
	[PCIRESET_CONTAIN_D3HOT] = "d3hot",
	[PCIRESET_CONTAIN_LINK] = "link",
	[PCIRESET_CONTAIN_IOMMU] = "iommu",
};

static const char *const whys[PCIRESET_WHYS] = {
	[PCIRESET_WHY_DECISION] = NULL,
	[PCIRESET_WHY_OFFERED] = "the kernel offers it",
	[PCIRESET_WHY_OWN] = "its own FLR",
	[PCIRESET_WHY_ALONE_ON_BUS] = "alone on its bus",
	[PCIRESET_WHY_WHOLE_BUS] = "the whole bus is to be reset",
	[PCIRESET_WHY_UNTOLD] = "the kernel cannot be told which reset to make",
	[PCIRESET_WHY_NOTHING_OFFERED] = "no usable reset",
	[PCIRESET_WHY_UNKNOWN] = "its resets are unknown: capabilities not readable",
	[PCIRESET_WHY_NOT_ALLOWED] = "no reset that it has is allowed",
	[PCIRESET_WHY_KEPT_BESIDE] = "a bus reset would reach others",
	[PCIRESET_WHY_HOTPLUG] = "pciehp would see it removed",
	[PCIRESET_WHY_BRIDGE] = "bridge",
	[PCIRESET_WHY_NO_ANSWER] = "does not answer",
	[PCIRESET_WHY_PROVIDER] = "other functions sit behind it",
	[PCIRESET_WHY_VF_KEPT] = "its reset would reach a kept VF",
	[PCIRESET_WHY_WITH_PF] = "falls with its PF",
	[PCIRESET_WHY_QUIRK] = "its resets are known not to work",
	[PCIRESET_WHY_NO_BUS_RESET] = "its bus does not stand a reset",
	[PCIRESET_WHY_CXL_MASKED] = "its CXL port masks bus resets",
	[PCIRESET_WHY_PM] = "as decided; believed where it is seen",
};

const char *pcireset_method_word(enum pcireset_method method)
{
	return methods[method].report;
}

const char *pcireset_method_kernel_word(enum pcireset_method method)
{
	return methods[method].kernel;
}

const char *pcireset_action_word(enum pcireset_action action)
{
	return actions[action];
}

const char *pcireset_engine_word(enum pcireset_engine engine)
{
	return engines[engine];
}

const char *pcireset_engine_why_words(enum pcireset_engine_why why)
{
	return engine_whys[why];
}

const char *pcireset_verdict_word(enum pcireset_verdict verdict)
{
	return verdicts[verdict];
}

const char *pcireset_seen_word(enum pcireset_seen seen)
{
	return seen_words[seen];
}

const char *pcireset_contain_word(enum pcireset_contain way)
{
	return contain_words[way];
}

const char *pcireset_why_words(enum pcireset_why why)
{
	return whys[why];
}
