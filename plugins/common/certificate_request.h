// Certificate requests (PKCS #10, RFC 2986) in PEM (RFC 7468), read as signers read them. Pure; any
// thread.
#pragma once

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace limen::plugins {

namespace detail {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
inline void free_bytes(void* bytes) { OPENSSL_free(bytes); }
template <class T>
using Bytes = std::unique_ptr<T, Freed<free_bytes>>;

}  // namespace detail

// A request, or why there is none.
struct CertificateRequest {
  std::unique_ptr<X509_REQ, detail::Freed<X509_REQ_free>> request{};
  std::string error{};
};

// The text holds one block and nothing like a second one: what is judged here and what a signer
// finds must be the same request. The block is never decrypted: that would ask for a passphrase.
inline CertificateRequest read_certificate_request(const std::string& pem) {
  const std::unique_ptr<BIO, detail::Freed<BIO_free>> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  char* raw_kind = nullptr;
  char* raw_header = nullptr;
  unsigned char* raw_data = nullptr;
  long size = 0;
  const int read =
      bio == nullptr ? 0 : PEM_read_bio(bio.get(), &raw_kind, &raw_header, &raw_data, &size);
  const detail::Bytes<char> kind(raw_kind);
  const detail::Bytes<char> header(raw_header);
  const detail::Bytes<unsigned char> data(raw_data);
  ERR_clear_error();
  if (read == 0 || std::string_view(kind.get()) != "CERTIFICATE REQUEST") {
    return {{}, "PEM block type must be CERTIFICATE REQUEST"};
  }
  constexpr std::string_view kBegin = "-----BEGIN";
  if (pem.find(kBegin) != pem.rfind(kBegin)) return {{}, "there is more than one PEM block"};
  const unsigned char* at = data.get();
  CertificateRequest out;
  out.request.reset(d2i_X509_REQ(nullptr, &at, size));
  ERR_clear_error();
  if (out.request == nullptr || at != data.get() + size) {
    return {{}, "the certificate request is malformed"};
  }
  return out;
}

}  // namespace limen::plugins
