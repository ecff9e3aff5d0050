// node-restriction: certificates of nodes and of their pods.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include "node_restriction_support.h"

namespace limen::testkit {
namespace {

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// A PEM certificate request with these common names.
std::string signing_request(const std::vector<std::string>& common_names,
                            const char* kind = "CERTIFICATE REQUEST") {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(X509_REQ_new(), X509_REQ_free);
  X509_NAME* subject = X509_REQ_get_subject_name(request.get());
  for (const std::string& name : common_names) {
    X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  }
  X509_REQ_set_pubkey(request.get(), key.get());
  X509_REQ_sign(request.get(), key.get(), EVP_sha256());
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio(out.get(), kind, "", der, size);
  OPENSSL_free(der);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(length));
}

class SigningRequests : public NodeRestrictionTest {
 protected:
  std::string ask(const std::string& pem,
                  const std::string& signer = "kubernetes.io/kubelet-serving",
                  std::uint32_t operation = LIMEN_OP_CREATE) {
    const Json object =
        json(R"({"spec":{"signerName":")" + signer + R"(","request":")" + base64(pem) + R"("}})");
    return refusal(in(by_node(operation, "certificatesigningrequests", "r", object, object),
                      "certificates.k8s.io"));
  }
};

TEST_F(SigningRequests, AreForItself) {
  const char* refused = "can only create a node CSR with CN=system:node:n1";
  for (const char* signer :
       {"kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet"}) {
    EXPECT_EQ(ask(signing_request({"system:node:n1"}), signer), "") << signer;
    EXPECT_EQ(ask(signing_request({"system:node:n2"}), signer), refused) << signer;
    EXPECT_EQ(ask(signing_request({"system:node:n11"}), signer), refused) << signer;
    EXPECT_EQ(ask(signing_request({}), signer), refused) << signer;
  }
  // The last of several names is the one that counts.
  EXPECT_EQ(ask(signing_request({"system:node:n1", "system:node:n2"})), refused);
  EXPECT_EQ(ask(signing_request({"system:node:n2", "system:node:n1"})), "");
}

TEST_F(SigningRequests, AreReadable) {
  const std::string pem = "unable to parse csr: PEM block type must be CERTIFICATE REQUEST";
  EXPECT_EQ(ask(""), pem);
  EXPECT_EQ(ask("nonsense"), pem);
  EXPECT_EQ(ask(signing_request({"system:node:n1"}, "NEW CERTIFICATE REQUEST")), pem);
  // The first block is read, whatever follows.
  EXPECT_EQ(
      ask(signing_request({"system:node:n2"}, "CERTIFICATE") + signing_request({"system:node:n1"})),
      pem);
  EXPECT_EQ(ask("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"),
            "unable to parse csr: the certificate request is malformed");
}

TEST_F(SigningRequests, OfOtherSignersAreTheAuthorizersMatter) {
  EXPECT_EQ(ask(signing_request({"anybody"}), "kubernetes.io/kube-apiserver-client"), "");
  EXPECT_EQ(ask("nonsense", "example.com/signer"), "");
  EXPECT_EQ(
      ask(signing_request({"system:node:n2"}), "kubernetes.io/kubelet-serving", LIMEN_OP_UPDATE),
      "");
}

class PodCertificates : public NodeRestrictionTest {
 protected:
  // Of the pod `mine`, but for what is said otherwise.
  std::string ask(const std::string& field = "", const std::string& value = "") {
    Json object =
        json(R"({"spec":{"podName":"mine","podUID":"uid-mine","serviceAccountName":"robot",)"
             R"("serviceAccountUID":"uid-robot","nodeName":"n1","nodeUID":"uid-n1"}})");
    if (!field.empty()) object.at("spec").as_object()[field] = value;
    return refusal(
        in(by_node(LIMEN_OP_CREATE, "podcertificaterequests", "r", object), "certificates.k8s.io"));
  }
  // A refusal after which clients try again.
  void expect_inconsistent(const std::string& text, const std::string& expected) {
    EXPECT_EQ(text, expected);
    EXPECT_EQ(last.code, 500);
    EXPECT_EQ(last.reason, "Unknown");
  }
};

TEST_F(PodCertificates, AreForPodsItRuns) {
  EXPECT_EQ(ask(), "");
  put("pods",
      R"({"metadata":{"name":"mine","namespace":"x","uid":"uid-mine"},"spec":{"nodeName":"n2"}})");
  EXPECT_EQ(ask(),
            R"(pod "x/mine" is not running on node "n1" named in the PodCertificateRequest)");
  EXPECT_EQ(last.code, 403);
  put("pods", R"({"metadata":{"name":"mine","namespace":"x","uid":"uid-mine",)"
              R"("annotations":{"kubernetes.io/config.mirror":"h"}},"spec":{"nodeName":"n1"}})");
  EXPECT_EQ(ask(), R"(pod "x/mine" is a mirror pod)");
}

TEST_F(PodCertificates, NameTheNode) {
  EXPECT_EQ(ask("nodeName", "n2"),
            R"(PodCertificateRequest.Spec.NodeName="n2", which is not the requesting node "n1")");
  expect_inconsistent(
      ask("nodeUID", "old"),
      R"(PodCertificateRequest for pod "x/mine" names node UID "old", inconsistent with the )"
      R"(running node ("uid-n1"))");
  controller.host().remove("", "nodes", "", "n1");
  expect_inconsistent(
      ask(),
      R"(while retrieving node "n1" named in the PodCertificateRequest: node "n1" not found)");
}

TEST_F(PodCertificates, NameThePod) {
  expect_inconsistent(
      ask("podName", "gone"),
      R"(while retrieving pod "x/gone" named in the PodCertificateRequest: pod "gone" not found)");
  expect_inconsistent(
      ask("podUID", "old"),
      R"(PodCertificateRequest for pod "x/mine" contains pod UID ("old") which differs from )"
      R"(running pod "uid-mine")");
}

TEST_F(PodCertificates, NameTheServiceAccount) {
  EXPECT_EQ(
      ask("serviceAccountName", "other"),
      R"(PodCertificateRequest for pod "x/mine" contains serviceAccountName ("other") that differs from )"
      R"(running pod ("robot"))");
  expect_inconsistent(
      ask("serviceAccountUID", "old"),
      R"(PodCertificateRequest for pod "x/mine" names service account UID "old", which differs )"
      R"(from the running service account ("uid-robot"))");
  controller.host().remove("", "serviceaccounts", "x", "robot");
  expect_inconsistent(
      ask(), R"(while retrieving service account "x/robot" named in the PodCertificateRequest: )"
             R"(serviceaccount "robot" not found)");
}

TEST_F(PodCertificates, AreOnlyMade) {
  const auto other = [&](std::uint32_t operation, const char* resource) {
    return refusal(
        in(by_node(operation, resource, "r", json("{}"), json("{}")), "certificates.k8s.io"));
  };
  EXPECT_EQ(other(LIMEN_OP_UPDATE, "podcertificaterequests"), "unexpected operation UPDATE");
  EXPECT_EQ(other(LIMEN_OP_DELETE, "podcertificaterequests"), "unexpected operation DELETE");
  EXPECT_EQ(other(LIMEN_OP_UPDATE, "podcertificaterequests/status"), "unexpected operation UPDATE");
  EXPECT_EQ(other(LIMEN_OP_CREATE, "podcertificaterequests/status"),
            "unexpected subresource status");
}

}  // namespace
}  // namespace limen::testkit
