#include "app/pki.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <stdexcept>

namespace limen::app {

namespace {

constexpr unsigned int kTokenKeyBits = 2048;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using CertPtr = std::unique_ptr<X509, Freer<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using NumberPtr = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;

// OpenSSL's own error texts name what failed and never hold key material.
[[noreturn]] void fail(const char* what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  std::string text = what;
  if (const char* reason = ERR_reason_error_string(code)) text += std::string(": ") + reason;
  throw std::runtime_error(text);
}

void need(bool fine, const char* what) {
  if (!fine) fail(what);
}

BioPtr memory(const std::string& text) {
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  need(bio != nullptr, "cannot read PEM");
  return bio;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string certificate_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  need(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, "cannot write a certificate");
  return text_of(bio.get());
}

std::string key_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  need(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr,
                                            nullptr) == 1,
       "cannot write a private key");
  return text_of(bio.get());
}

CertPtr read_certificate(const std::string& pem) {
  CertPtr out(PEM_read_bio_X509(memory(pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return out;
}

// An encrypted key is no key: there is nobody to ask for its passphrase.
KeyPtr read_key(const std::string& pem) {
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  KeyPtr out(PEM_read_bio_PrivateKey(memory(pem).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return out;
}

std::string public_key_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  need(bio && PEM_write_bio_PUBKEY(bio.get(), key) == 1, "cannot write a public key");
  return text_of(bio.get());
}

KeyPtr read_public_key(const std::string& pem) {
  KeyPtr out(PEM_read_bio_PUBKEY(memory(pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return out;
}

KeyPtr new_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  need(key != nullptr, "cannot make a key");
  return key;
}

void set_random_serial(X509* certificate) {
  const NumberPtr number(BN_new());
  need(number && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
       "cannot make a serial number");
}

void add_to_name(X509_NAME* name, const char* field, const std::string& value) {
  need(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(value.data()),
                                  static_cast<int>(value.size()), -1, 0) == 1,
       "cannot name a certificate");
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  need(extension && X509_add_ext(certificate, extension.get(), -1) == 1,
       "cannot extend a certificate");
}

// One name of a subject, built by hand: OpenSSL's text form would read a comma as a second name.
void add_name(GENERAL_NAMES* names, const std::string& name) {
  unsigned char address[16];
  int length = 0;
  if (inet_pton(AF_INET, name.c_str(), address) == 1) length = 4;
  if (length == 0 && inet_pton(AF_INET6, name.c_str(), address) == 1) length = 16;
  GENERAL_NAME* entry = GENERAL_NAME_new();
  need(entry != nullptr && sk_GENERAL_NAME_push(names, entry) > 0, "cannot name a certificate");
  if (length > 0) {
    ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
    need(value != nullptr && ASN1_OCTET_STRING_set(value, address, length) == 1,
         "cannot name a certificate");
    GENERAL_NAME_set0_value(entry, GEN_IPADD, value);
  } else {
    ASN1_IA5STRING* value = ASN1_IA5STRING_new();
    need(
        value != nullptr && ASN1_STRING_set(value, name.data(), static_cast<int>(name.size())) == 1,
        "cannot name a certificate");
    GENERAL_NAME_set0_value(entry, GEN_DNS, value);
  }
}

void add_alternative_names(X509* certificate, const std::vector<std::string>& names) {
  const NamesPtr list(GENERAL_NAMES_new());
  need(list != nullptr, "cannot name a certificate");
  for (const std::string& name : names) add_name(list.get(), name);
  need(X509_add1_ext_i2d(certificate, NID_subject_alt_name, list.get(), 0, 0) == 1,
       "cannot name a certificate");
}

struct Subject {
  std::string common_name;
  std::vector<std::string> organizations;
};

// A certificate without purpose or signature yet. Its life begins a little in the past, for clients
// whose clocks are behind.
CertPtr draft(EVP_PKEY* key, const Subject& subject, std::chrono::hours lifetime) {
  CertPtr certificate(X509_new());
  need(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1,
       "cannot make a certificate");
  set_random_serial(certificate.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  for (const std::string& organization : subject.organizations)
    add_to_name(name, "O", organization);
  add_to_name(name, "CN", subject.common_name);
  const long seconds = static_cast<long>(std::chrono::seconds(lifetime).count());
  need(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -300) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds) != nullptr &&
           X509_set_pubkey(certificate.get(), key) == 1,
       "cannot make a certificate");
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  need(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1,
       "cannot sign a certificate");
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
  need(X509_sign(certificate, issuer_key, EVP_sha256()) > 0, "cannot sign a certificate");
}

KeyPair make_leaf(const KeyPair& authority, const Subject& subject, const char* purpose,
                  const std::vector<std::string>& names) {
  const CertPtr issuer = read_certificate(authority.certificate);
  const KeyPtr issuer_key = read_key(authority.key);
  need(issuer && issuer_key, "the certificate authority cannot be read");
  const KeyPtr key = new_key();
  const CertPtr leaf = draft(key.get(), subject, kLeafLifetime);
  add_extension(leaf.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(leaf.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(leaf.get(), issuer.get(), NID_ext_key_usage, purpose);
  if (!names.empty()) add_alternative_names(leaf.get(), names);
  sign(leaf.get(), issuer.get(), issuer_key.get());
  return {certificate_pem(leaf.get()), key_pem(key.get())};
}

}  // namespace

KeyPair make_authority(const std::string& common_name) {
  const KeyPtr key = new_key();
  const CertPtr certificate = draft(key.get(), {common_name, {}}, kAuthorityLifetime);
  add_extension(certificate.get(), certificate.get(), NID_basic_constraints,
                "critical,CA:TRUE,pathlen:0");
  add_extension(certificate.get(), certificate.get(), NID_key_usage,
                "critical,digitalSignature,keyCertSign,cRLSign");
  need(X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get())) == 1,
       "cannot sign a certificate");
  add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
  need(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "cannot sign a certificate");
  return {certificate_pem(certificate.get()), key_pem(key.get())};
}

KeyPair make_serving_pair(const KeyPair& authority, const std::string& common_name,
                          const std::vector<std::string>& names) {
  return make_leaf(authority, {common_name, {}}, "serverAuth", names);
}

KeyPair make_client_pair(const KeyPair& authority, const std::string& user,
                         const std::vector<std::string>& groups) {
  return make_leaf(authority, {user, groups}, "clientAuth", {});
}

KeyPair make_self_signed_pair(const std::vector<std::string>& names) {
  const std::string host = names.empty() ? "localhost" : names.front();
  const KeyPair authority = make_authority(host + "-ca@" + std::to_string(std::time(nullptr)));
  KeyPair pair =
      make_serving_pair(authority, host + '@' + std::to_string(std::time(nullptr)), names);
  pair.certificate += authority.certificate;
  return pair;
}

TokenKey make_token_key() {
  const KeyPtr key(EVP_RSA_gen(kTokenKeyBits));
  need(key != nullptr, "cannot make a key");
  return {key_pem(key.get()), public_key_pem(key.get())};
}

std::string token_key_problem(const TokenKey& key) {
  const KeyPtr own = read_key(key.private_key);
  if (!own) return "holds no private key without passphrase";
  const KeyPtr shared = read_public_key(key.public_key);
  if (!shared) return "the public key file holds no public key";
  const bool fits = EVP_PKEY_eq(own.get(), shared.get()) == 1;
  ERR_clear_error();
  return fits ? std::string() : "the public key does not belong to the private key";
}

std::vector<std::string> default_serving_names() {
  std::vector<std::string> names = {"kubernetes", "kubernetes.default", "kubernetes.default.svc",
                                    "kubernetes.default.svc.cluster.local", "localhost"};
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) == 0 && host[0] != '\0') {
    const std::string name = host;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  for (const char* address : {"127.0.0.1", "::1", "10.96.0.1"}) names.emplace_back(address);
  return names;
}

std::string pair_problem(const KeyPair& pair) {
  const CertPtr certificate = read_certificate(pair.certificate);
  if (!certificate) return "holds no certificate";
  const KeyPtr key = read_key(pair.key);
  if (!key) return "the key file holds no private key without passphrase";
  const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits ? std::string() : "the key does not belong to the certificate";
}

std::chrono::system_clock::time_point expiry_of(const std::string& certificate) {
  const CertPtr parsed = read_certificate(certificate);
  need(parsed != nullptr, "holds no certificate");
  std::tm end{};
  need(ASN1_TIME_to_tm(X509_get0_notAfter(parsed.get()), &end) == 1, "has no readable end");
  return std::chrono::system_clock::from_time_t(timegm(&end));
}

bool is_signed_by(const std::string& certificate, const std::string& authority) {
  const CertPtr leaf = read_certificate(certificate);
  const CertPtr issuer = read_certificate(authority);
  if (!leaf || !issuer) return false;
  const bool named = X509_check_issued(issuer.get(), leaf.get()) == X509_V_OK;
  const bool signed_by = named && X509_verify(leaf.get(), X509_get0_pubkey(issuer.get())) == 1;
  ERR_clear_error();
  return signed_by;
}

}  // namespace limen::app
