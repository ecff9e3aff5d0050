// The six flags, after the file: see load.h's Flags.
#pragma once

#include "config/findings.h"
#include "config/load.h"

namespace limen::config {

// Overwrites what the flags name. Their refusals are worded as kube-apiserver words them.
void apply_flags(const Flags& flags, ServerConfiguration& configuration, Findings& findings);

}  // namespace limen::config
