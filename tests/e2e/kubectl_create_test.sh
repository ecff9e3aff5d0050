#!/usr/bin/env bash
# What is made without a manifest, marked and taken away, with every kubectl there is.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/kubectl/versions.sh"
source "$(dirname "${BASH_SOURCE[0]}")/kubectl/create.sh"
with_each_kubectl "$(kubectls_of_this_machine)" scenario_create
finish
