#include "certificate_requests.h"

#include <openssl/x509.h>

#include "common/base64.h"
#include "common/certificate_request.h"

namespace limen::node_restriction {

namespace {

struct CommonName {
  std::string name, error;
};

// The last common name of a subject, as Go reads it.
std::string common_name_of(const X509_NAME* subject) {
  std::string name;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    unsigned char* raw = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&raw, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size < 0) return {};
    const plugins::detail::Bytes<unsigned char> text(raw);
    name.assign(reinterpret_cast<const char*>(text.get()), static_cast<std::size_t>(size));
  }
  return name;
}

// Of a certificate request in PEM.
CommonName common_name_in(const std::string& pem) {
  const plugins::CertificateRequest read = plugins::read_certificate_request(pem);
  if (!read.error.empty()) return {{}, read.error};
  return {common_name_of(X509_REQ_get_subject_name(read.request.get())), {}};
}

// What may be a matter of time is no 403: clients try again.
Verdict inconsistent(std::string message) {
  return std::optional<Refusal>(Refusal{std::move(message), 500, "Unknown"});
}

// A request for the certificate of a pod, with what messages say of it.
struct PodCertificateRequest {
  explicit PodCertificateRequest(const NodeRequest& from)
      : request(from),
        spec(from.call.object()["spec"]),
        ns(from.call.attributes().ns()),
        pod(plugins::go_quote(ns + "/" + text("podName"))) {}

  std::string text(const char* field) const { return spec[field].string_or(""); }
  std::string quoted(const char* field) const { return plugins::go_quote(text(field)); }

  const NodeRequest& request;
  const Node spec;
  const std::string ns, pod;
};

constexpr const char* kNamed = " named in the PodCertificateRequest";

Verdict judge_node_of(const PodCertificateRequest& wanted) {
  const NodeRequest& request = wanted.request;
  if (wanted.text("nodeName") != request.name) {
    return forbidden("PodCertificateRequest.Spec.NodeName=" + wanted.quoted("nodeName") +
                     ", which is not the requesting node " + request.quoted);
  }
  const auto node = find(request.host, kNode, "", request.name);
  if (!node.ok()) return node.error();
  if (!*node) {
    return inconsistent("while retrieving node " + request.quoted + kNamed + ": " +
                        not_found(kNode, request.name));
  }
  const std::string uid = uid_of(**node);
  if (uid == wanted.text("nodeUID")) return admitted();
  return inconsistent("PodCertificateRequest for pod " + wanted.pod + " names node UID " +
                      wanted.quoted("nodeUID") + ", inconsistent with the running node (" +
                      plugins::go_quote(uid) + ")");
}

Verdict judge_account_of(const PodCertificateRequest& wanted, const Node& pod) {
  const std::string name = wanted.text("serviceAccountName");
  const std::string actual = pod.at("/spec/serviceAccountName").string_or("");
  if (name != actual) {
    return forbidden("PodCertificateRequest for pod " + wanted.pod +
                     " contains serviceAccountName (" + plugins::go_quote(name) +
                     ") that differs from running pod (" + plugins::go_quote(actual) + ")");
  }
  const auto account = find(wanted.request.host, kServiceAccount, wanted.ns, name);
  if (!account.ok()) return account.error();
  if (!*account) {
    return inconsistent("while retrieving service account " +
                        plugins::go_quote(wanted.ns + "/" + name) + kNamed + ": " +
                        not_found(kServiceAccount, name));
  }
  const std::string uid = uid_of(**account);
  if (uid == wanted.text("serviceAccountUID")) return admitted();
  return inconsistent("PodCertificateRequest for pod " + wanted.pod +
                      " names service account UID " + wanted.quoted("serviceAccountUID") +
                      ", which differs from the running service account (" +
                      plugins::go_quote(uid) + ")");
}

Verdict judge_pod_of(const PodCertificateRequest& wanted) {
  const std::string name = wanted.text("podName");
  const auto found = find(wanted.request.host, kPod, wanted.ns, name);
  if (!found.ok()) return found.error();
  if (!*found) {
    return inconsistent("while retrieving pod " + wanted.pod + kNamed + ": " +
                        not_found(kPod, name));
  }
  const Node& pod = **found;
  const std::string uid = uid_of(pod);
  if (uid != wanted.text("podUID")) {
    return inconsistent("PodCertificateRequest for pod " + wanted.pod + " contains pod UID (" +
                        wanted.quoted("podUID") + ") which differs from running pod " +
                        plugins::go_quote(uid));
  }
  if (pod.at("/spec/nodeName").view_or("") != wanted.request.name) {
    return forbidden("pod " + wanted.pod + " is not running on node " + wanted.request.quoted +
                     kNamed);
  }
  if (pod.at(kMirrorAnnotation)) return forbidden("pod " + wanted.pod + " is a mirror pod");
  return judge_account_of(wanted, pod);
}

}  // namespace

Verdict judge_signing_request(const NodeRequest& request) {
  const Node spec = request.call.object()["spec"];
  const std::string_view signer = spec["signerName"].view_or("");
  const bool is_for_kubelets = signer == "kubernetes.io/kubelet-serving" ||
                               signer == "kubernetes.io/kube-apiserver-client-kubelet";
  if (!request.call.is_create() || !is_for_kubelets) return admitted();
  const auto pem = plugins::base64_decode(spec["request"].view_or(""));
  const CommonName subject = common_name_in(pem.value_or(""));
  if (!subject.error.empty()) return forbidden("unable to parse csr: " + subject.error);
  const std::string own = "system:node:" + request.name;
  if (subject.name == own) return admitted();
  return forbidden("can only create a node CSR with CN=" + own);
}

Verdict judge_pod_certificate_request(const NodeRequest& request) {
  if (!request.call.is_create()) {
    return forbidden("unexpected operation " + std::string(request.operation()));
  }
  const std::string_view part = request.call.attributes().subresource();
  if (!part.empty()) return forbidden("unexpected subresource " + std::string(part));
  const PodCertificateRequest wanted(request);
  const Verdict node = judge_node_of(wanted);
  return !node.ok() || *node ? node : judge_pod_of(wanted);
}

}  // namespace limen::node_restriction
