// Certificates made on the spot: authorities, intermediates and clients with whatever a test needs.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/digest.h"

namespace limen::plugins::test {

// 2026-01-01T00:00:00Z, where the fake clock begins.
inline constexpr std::int64_t kNow = 1767225600;

struct NameEntry {
  std::string type;  // CN, O, or an OID
  std::string value;
  int encoding = MBSTRING_UTF8;  // or V_ASN1_UTF8STRING for bytes as they are
};

struct CertificateSpec {
  std::vector<NameEntry> subject{};
  std::string usage = "clientAuth";  // extendedKeyUsage; empty: no such extension
  std::int64_t not_before = kNow - 3600, not_after = kNow + 3600;
  bool authority = false;
  std::string constraints{};  // nameConstraints
  std::string names{};        // subjectAltName, such as DNS:localhost
  const EVP_MD* digest = EVP_sha256();
};

class Certificate {
 public:
  // Self-signed without an issuer.
  explicit Certificate(const CertificateSpec& spec, const Certificate* issuer = nullptr)
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    static long serial = 1000;
    X509* x = certificate_.get();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    ASN1_TIME_set(X509_getm_notBefore(x), spec.not_before);
    ASN1_TIME_set(X509_getm_notAfter(x), spec.not_after);
    for (const NameEntry& entry : spec.subject) {
      add_name(X509_get_subject_name(x), entry);
    }
    X509_set_issuer_name(x,
                         X509_get_subject_name(issuer == nullptr ? x : issuer->certificate_.get()));
    X509_set_pubkey(x, key_.get());
    if (spec.authority) {
      extend(NID_basic_constraints, "critical,CA:TRUE");
      extend(NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    if (!spec.usage.empty()) extend(NID_ext_key_usage, spec.usage);
    if (!spec.constraints.empty()) extend(NID_name_constraints, spec.constraints);
    if (!spec.names.empty()) extend(NID_subject_alt_name, spec.names);
    if (X509_sign(x, (issuer == nullptr ? *this : *issuer).key_.get(), spec.digest) == 0) {
      throw std::runtime_error("a test certificate cannot be signed");
    }
  }

  std::string der() const {
    unsigned char* bytes = nullptr;
    const int length = i2d_X509(certificate_.get(), &bytes);
    std::string out(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    return out;
  }
  std::string pem() const {
    return written([this](BIO* sink) { PEM_write_bio_X509(sink, certificate_.get()); });
  }
  std::string key_pem() const {
    return written([this](BIO* sink) {
      PEM_write_bio_PrivateKey(sink, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  std::string fingerprint() const { return to_hex(sha256({der()})); }
  X509* get() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }
  std::string serial() const {
    return std::to_string(ASN1_INTEGER_get(X509_get0_serialNumber(certificate_.get())));
  }

 private:
  template <class Write>
  static std::string written(Write write) {
    BIO* sink = BIO_new(BIO_s_mem());
    write(sink);
    char* text = nullptr;
    const long length = BIO_get_mem_data(sink, &text);
    std::string out(text, static_cast<std::size_t>(length));
    BIO_free(sink);
    return out;
  }
  static void add_name(X509_NAME* name, const NameEntry& entry) {
    ASN1_OBJECT* type = OBJ_txt2obj(entry.type.c_str(), 0);
    const int done = X509_NAME_add_entry_by_OBJ(
        name, type, entry.encoding, reinterpret_cast<const unsigned char*>(entry.value.data()),
        static_cast<int>(entry.value.size()), -1, 0);
    ASN1_OBJECT_free(type);
    if (done != 1) throw std::runtime_error("a test name cannot be made");
  }
  void extend(int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    if (extension == nullptr) throw std::runtime_error("a test extension cannot be made");
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> certificate_;
};

struct CrlSpec {
  std::vector<const Certificate*> revoked{};
  std::int64_t this_update = kNow - 60, next_update = kNow + 3600;  // 0: no nextUpdate
  int critical_extension = 0;                                       // a NID; 0: none
};

// A revocation list in DER that names `issuer` and is signed by `signer`, or by the issuer itself.
inline std::string make_crl(const Certificate& issuer, const CrlSpec& spec = {},
                            const Certificate* signer = nullptr) {
  const std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> crl(X509_CRL_new(), X509_CRL_free);
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.get()));
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> time(ASN1_TIME_new(), ASN1_TIME_free);
  ASN1_TIME_set(time.get(), spec.this_update);
  X509_CRL_set1_lastUpdate(crl.get(), time.get());
  for (const Certificate* certificate : spec.revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate->get()));
    X509_REVOKED_set_revocationDate(entry, time.get());
    X509_CRL_add0_revoked(crl.get(), entry);
  }
  if (spec.next_update != 0) {
    ASN1_TIME_set(time.get(), spec.next_update);
    X509_CRL_set1_nextUpdate(crl.get(), time.get());
  }
  if (spec.critical_extension != 0) {
    const std::unique_ptr<ASN1_INTEGER, decltype(&ASN1_INTEGER_free)> one(ASN1_INTEGER_new(),
                                                                          ASN1_INTEGER_free);
    ASN1_INTEGER_set(one.get(), 1);
    X509_CRL_add1_ext_i2d(crl.get(), spec.critical_extension, one.get(), 1, 0);
  }
  X509_CRL_sign(crl.get(), (signer == nullptr ? issuer : *signer).key(), EVP_sha256());
  unsigned char* bytes = nullptr;
  const int length = i2d_X509_CRL(crl.get(), &bytes);
  std::string out(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  return out;
}

inline std::string to_pem(const std::string& der, const char* name) {
  BIO* sink = BIO_new(BIO_s_mem());
  PEM_write_bio(sink, name, "", reinterpret_cast<const unsigned char*>(der.data()),
                static_cast<long>(der.size()));
  char* text = nullptr;
  const long length = BIO_get_mem_data(sink, &text);
  std::string out(text, static_cast<std::size_t>(length));
  BIO_free(sink);
  return out;
}

inline Certificate make_authority(const std::string& name, const Certificate* issuer = nullptr) {
  return Certificate({.subject = {{"CN", name}}, .usage = "", .authority = true}, issuer);
}

}  // namespace limen::plugins::test
