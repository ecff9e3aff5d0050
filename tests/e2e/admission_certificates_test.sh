#!/usr/bin/env bash
# What admission has to say of certificates: who may approve, sign and attest for a signer, and which
# certificate nobody gets; as kubectl's users see it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server
# refused TEXT COMMAND...: all that kubectl says
refused() {
  local text=$1
  shift
  assert_exit 1 "$@"
  assert_eq "$OUTPUT" "Error from server ($text"
}
csr() { # NAME SUBJECT SIGNER
  local pem
  pem=$(openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj "$2" 2> /dev/null | base64 -w0)
  printf '{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","metadata":{"name":"%s"},"spec":{"request":"%s","signerName":"%s","usages":["client auth"]}}' "$1" "$pem" "$3"
}
CLIENT=kubernetes.io/kube-apiserver-client
CSR=certificatesigningrequests.certificates.k8s.io
csr root '/O=system:masters/CN=eve' $CLIENT > "$WORK/csr.json"
refused "Forbidden): error when creating \"$WORK/csr.json\": $CSR \"root\" is forbidden: use of $CLIENT signer with system:masters group is not allowed" \
  k create -f "$WORK/csr.json"
k create -f - > /dev/null < <(csr ann '/O=dev/CN=ann' $CLIENT)
k create clusterrole csrs --verb='*' --resource=$CSR,$CSR/approval,$CSR/status > /dev/null
k create clusterrole bundles --verb='*' --resource=clustertrustbundles.certificates.k8s.io > /dev/null
k create clusterrolebinding csrs --clusterrole=csrs --user=officer > /dev/null
k create clusterrolebinding bundles --clusterrole=bundles --user=officer > /dev/null
refused "Forbidden): $CSR \"ann\" is forbidden: user not permitted to approve requests with signerName \"$CLIENT\"" \
  k --as officer certificate approve ann
signs() { # VERB: the officer may do it for every signer of the domain
  k create -f - > /dev/null << YAML
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: $1s}
rules: [{apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: [kubernetes.io/*], verbs: [$1]}]
YAML
  k create clusterrolebinding "$1s" --clusterrole="$1s" --user=officer > /dev/null
}
signs approve
eventually 10 k --as officer certificate approve ann
sign() { k --as officer patch csr ann --subresource=status --type=merge -p "{\"status\":{\"certificate\":\"$(base64 -w0 "$STATE/pki/admin.crt")\"}}"; }
refused "Forbidden): $CSR \"ann\" is forbidden: user not permitted to sign requests with signerName \"$CLIENT\"" sign
signs sign
eventually 10 sign
assert_eq "$(k get csr ann -o name) $(k get csr ann -o json | jq -c '[.status.conditions[].type, (.status.certificate != null)]')" "certificatesigningrequest.certificates.k8s.io/ann [\"Approved\",true]"
jq -n --rawfile pem "$STATE/pki/ca.crt" '{apiVersion: "certificates.k8s.io/v1beta1", kind: "ClusterTrustBundle",
  metadata: {name: "kubernetes.io:signer:ca"}, spec: {signerName: "kubernetes.io/signer", trustBundle: $pem}}' > "$WORK/bundle.json"
refused "Forbidden): error when creating \"$WORK/bundle.json\": clustertrustbundles.certificates.k8s.io \"kubernetes.io:signer:ca\" is forbidden: user not permitted to attest for signerName \"kubernetes.io/signer\"" \
  k --as officer create -f "$WORK/bundle.json"
signs attest
eventually 10 k --as officer create -f "$WORK/bundle.json"
finish
