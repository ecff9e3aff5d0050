#!/usr/bin/env bash
# Manifests applied, compared, edited, patched and replaced, with every kubectl there is.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/kubectl/versions.sh"
source "$(dirname "${BASH_SOURCE[0]}")/kubectl/apply.sh"
with_each_kubectl "$(kubectls_of_this_machine)" scenario_apply
finish
