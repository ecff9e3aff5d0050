#!/usr/bin/env bash
# What users look at, with every kubectl there is: get in all forms, watch, explain, describe, discovery.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/kubectl/versions.sh"
source "$(dirname "${BASH_SOURCE[0]}")/kubectl/read.sh"
with_each_kubectl "$(kubectls_of_this_machine)" scenario_read
finish
