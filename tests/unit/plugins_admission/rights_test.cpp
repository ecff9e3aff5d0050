// Controllers that ask what the caller may do beside: owners, signers of certificates.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "support.h"

namespace limen::testkit {
namespace {

// The rights a test gives, as "verb group/resource/subresource ns/name".
std::string right(const AccessQuestion& question) {
  return question.verb + " " + question.api_group + "/" + question.resource + "/" +
         question.subresource + " " + question.ns + "/" + question.name;
}

class Rights {
 public:
  void give(Instance& controller, std::set<std::string> rights) {
    asked.clear();
    controller.host().answer_access([this, rights = std::move(rights)](const AccessQuestion& q) {
      asked += right(q) + "\n";
      return rights.count(right(q)) != 0;
    });
  }
  std::string asked;
};

// ---- owner-references-permission-enforcement

class OwnerReferences : public testing::Test {
 protected:
  void SetUp() override {
    controller.host().serve_kind("apps", "Deployment", "deployments", true);
    controller.host().serve_kind("", "Node", "nodes", false);
  }
  static std::string owned(const std::string& references) {
    return R"({"metadata":{"ownerReferences":[)" + references + "]}}";
  }
  static std::string reference(const std::string& uid, bool blocks, const char* version = "apps/v1",
                               const char* kind = "Deployment") {
    return R"({"apiVersion":")" + std::string(version) + R"(","kind":")" + kind +
           R"(","name":"d","uid":")" + uid + R"(","blockOwnerDeletion":)" +
           (blocks ? "true" : "false") + "}";
  }
  std::string create(const std::string& references) {
    return controller.validate(of("pods", json(owned(references)))).message;
  }
  std::string change(const std::string& from, const std::string& to) {
    return controller.validate(update("pods", json(owned(from)), json(owned(to)))).message;
  }
  Rights rights;
  Module module = load("owner-references-permission-enforcement");
  Instance controller{module};
};

constexpr const char* kDelete = "delete /pods/ x/n";
constexpr const char* kFinalize = "update apps/deployments/finalizers x/d";

TEST_F(OwnerReferences, AnOwnerNeedsTheRightToDelete) {
  rights.give(controller, {});
  EXPECT_EQ(change("", reference("1", false)),
            "cannot set an ownerRef on a resource you can't delete: , <nil>");
  EXPECT_EQ(change(reference("1", false), ""),
            "cannot set an ownerRef on a resource you can't delete: , <nil>");
  rights.give(controller, {kDelete});
  EXPECT_EQ(change("", reference("1", false)), "");
}

TEST_F(OwnerReferences, WhoCreatesAnObjectMayNameItsOwners) {
  rights.give(controller, {});
  EXPECT_EQ(create(reference("1", false)), "");
  EXPECT_EQ(rights.asked, "");
}

TEST_F(OwnerReferences, BlockingNeedsTheRightToFinalizeTheOwner) {
  rights.give(controller, {kDelete});
  EXPECT_EQ(create(reference("1", true)),
            "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set "
            "finalizers on: , <nil>");
  EXPECT_EQ(rights.asked, std::string(kFinalize) + "\n");
  EXPECT_NE(change("", reference("1", true)), "");
  EXPECT_EQ(rights.asked, std::string(kFinalize) + "\n" + kDelete + "\n" + kFinalize + "\n");
  rights.give(controller, {kDelete, kFinalize});
  EXPECT_EQ(create(reference("1", true)), "");
  EXPECT_EQ(change("", reference("1", true)), "");
  rights.give(controller, {kDelete, "update /nodes/finalizers /d"});
  EXPECT_EQ(create(reference("1", true, "v1", "Node")), "");
}

TEST_F(OwnerReferences, WhatDoesNotChangeIsNotAskedAbout) {
  rights.give(controller, {});
  EXPECT_EQ(create(""), "");
  EXPECT_EQ(change(reference("1", true), reference("1", true)), "");
  EXPECT_EQ(rights.asked, "");
  rights.give(controller, {kDelete});
  EXPECT_EQ(change(reference("1", true), reference("1", false)), "");  // no longer blocks
  EXPECT_EQ(change(reference("1", true), reference("1", true) + "," + reference("2", false)), "");
}

TEST_F(OwnerReferences, AnUnknownKindCannotBeBlocked) {
  rights.give(controller, {kDelete});
  EXPECT_EQ(create(reference("1", true, "example.com/v1", "Widget")),
            "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for "
            "APIVersion example.com/v1 Kind Widget: no matches for kind \"Widget\" in version "
            "\"example.com/v1\"");
}

TEST_F(OwnerReferences, AServerThatCannotAskIsRefusedAtTheStart) {
  EXPECT_THROW(Instance(module, {.without = {LIMEN_ACCESS}}).host(), std::exception);
}

// ---- certificate-approval, certificate-signing, cluster-trust-bundle-attest

class Signers : public testing::Test {
 protected:
  static Review request(const std::string& subresource, const std::string& old_object,
                        const std::string& object) {
    Review review = update("certificatesigningrequests", json(old_object), json(object));
    review.action.api_group = "certificates.k8s.io";
    review.action.subresource = subresource;
    return review;
  }
  Rights rights;
};

constexpr const char* kRequest = R"({"spec":{"signerName":"example.com/x"}})";

TEST_F(Signers, ApprovalNeedsTheRightForTheSignerOrItsDomain) {
  const Module module = load("certificate-approval");
  Instance controller(module);
  const Review review = request("approval", kRequest, R"({"spec":{"signerName":"mine.com/y"}})");
  rights.give(controller, {"approve certificates.k8s.io/signers/ /mine.com/y"});
  EXPECT_EQ(controller.validate(review).message,
            R"(user not permitted to approve requests with signerName "example.com/x")");
  EXPECT_EQ(rights.asked,
            "approve certificates.k8s.io/signers/ /example.com/x\n"
            "approve certificates.k8s.io/signers/ /example.com/*\n");
  rights.give(controller, {"approve certificates.k8s.io/signers/ /example.com/x"});
  EXPECT_TRUE(controller.validate(review).admitted());
  rights.give(controller, {"approve certificates.k8s.io/signers/ /example.com/*"});
  EXPECT_TRUE(controller.validate(review).admitted());
  rights.give(controller, {});
  EXPECT_TRUE(controller.validate(request("status", kRequest, kRequest)).admitted());
}

TEST_F(Signers, SigningNeedsTheRightOnlyWhenSomethingIsSigned) {
  const Module module = load("certificate-signing");
  Instance controller(module);
  rights.give(controller, {});
  EXPECT_TRUE(controller.validate(request("status", kRequest, kRequest)).admitted());
  for (const char* status :
       {R"({"certificate":"eA=="})", R"({"conditions":[{"type":"Failed"}]})"}) {
    Json signed_request = json(kRequest);
    signed_request.as_object()["status"] = json(status);
    const Review review = request("status", kRequest, boost::json::serialize(signed_request));
    rights.give(controller, {});
    EXPECT_EQ(controller.validate(review).message,
              R"(user not permitted to sign requests with signerName "example.com/x")");
    rights.give(controller, {"sign certificates.k8s.io/signers/ /example.com/*"});
    EXPECT_TRUE(controller.validate(review).admitted());
  }
}

TEST_F(Signers, TrustBundlesNeedTheRightToAttest) {
  const Module module = load("cluster-trust-bundle-attest");
  Instance controller(module);
  Review review = in_group("certificates.k8s.io", "clustertrustbundles", json(kRequest));
  rights.give(controller, {});
  EXPECT_EQ(controller.validate(review).message,
            R"(user not permitted to attest for signerName "example.com/x")");
  review.object = json(R"({"spec":{"trustBundle":"x"}})");
  EXPECT_TRUE(controller.validate(review).admitted());
  Review same = update("clustertrustbundles", json(kRequest), json(kRequest));
  same.action.api_group = "certificates.k8s.io";
  EXPECT_TRUE(controller.validate(same).admitted());
}

// ---- certificate-subject-restriction

// A certificate request with these organizations, PEM in base64 as the API has it.
std::string certificate_request(const std::vector<std::string>& organizations) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509_REQ* request = X509_REQ_new();
  X509_NAME* subject = X509_REQ_get_subject_name(request);
  for (const std::string& one : organizations) {
    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(one.data()), -1, -1, 0);
  }
  X509_REQ_set_pubkey(request, key);
  X509_REQ_sign(request, key, EVP_sha256());
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509_REQ(bio, request);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string encoded(static_cast<std::size_t>(size) * 2, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(text), static_cast<int>(size));
  encoded.resize(static_cast<std::size_t>(length));
  BIO_free(bio);
  X509_REQ_free(request);
  EVP_PKEY_free(key);
  return encoded;
}

TEST(CertificateSubjectRestriction, NobodyAsksToBeASuperuser) {
  const Module module = load("certificate-subject-restriction");
  Instance controller(module);
  const auto judge = [&](const std::string& signer, const std::string& request) {
    return controller
        .validate(in_group(
            "certificates.k8s.io", "certificatesigningrequests",
            json(R"({"spec":{"signerName":")" + signer + R"(","request":")" + request + R"("}})")))
        .message;
  };
  constexpr const char* kClient = "kubernetes.io/kube-apiserver-client";
  const std::string masters = certificate_request({"staff", "system:masters"});
  EXPECT_EQ(judge(kClient, masters),
            "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not "
            "allowed");
  EXPECT_EQ(judge(kClient, certificate_request({"staff"})), "");
  EXPECT_EQ(judge("example.com/x", masters), "");
  EXPECT_EQ(judge(kClient, "eA=="),
            "failed to parse CSR: PEM block type must be CERTIFICATE REQUEST");
}

std::string base64(const std::string& text) {
  std::string out(text.size() * 2 + 4, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

// An encrypted block would make OpenSSL ask for its passphrase; a second block might be what a
// signer reads.
TEST(CertificateSubjectRestriction, OneBlockIsReadAndNoneIsDecrypted) {
  const Module module = load("certificate-subject-restriction");
  Instance controller(module);
  const auto judge = [&](const std::string& pem) {
    return controller
        .validate(in_group(
            "certificates.k8s.io", "certificatesigningrequests",
            json(R"({"spec":{"signerName":"kubernetes.io/kube-apiserver-client","request":")" +
                 base64(pem) + R"("}})")))
        .message;
  };
  const std::string begin = "-----BEGIN CERTIFICATE REQUEST-----\n";
  const std::string end = "AAAA\n-----END CERTIFICATE REQUEST-----\n";
  EXPECT_EQ(judge(begin +
                  "Proc-Type: 4,ENCRYPTED\n"
                  "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n" +
                  end),
            "failed to parse CSR: the certificate request is malformed");
  EXPECT_EQ(judge(begin + end + begin + end),
            "failed to parse CSR: there is more than one PEM block");
}

}  // namespace
}  // namespace limen::testkit
