#!/usr/bin/env bash
# Scaling, rollouts, nodes, waiting, rights and certificates, with every kubectl there is.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/kubectl/versions.sh"
source "$(dirname "${BASH_SOURCE[0]}")/kubectl/operate.sh"
with_each_kubectl "$(kubectls_of_this_machine)" scenario_operate
finish
