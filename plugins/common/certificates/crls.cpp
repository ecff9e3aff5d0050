#include "common/certificates/crls.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/text_file.h"

namespace limen::plugins {

namespace {

std::string extension_name(const X509_EXTENSION* extension) {
  char text[80];
  OBJ_obj2txt(text, sizeof(text), X509_EXTENSION_get_object(const_cast<X509_EXTENSION*>(extension)),
              0);
  return text;
}

// RFC 5280 section 5.2: a list with a critical extension one does not know must not be used.
void refuse_critical_extensions(const X509_CRL& list) {
  for (int i = 0; i < X509_CRL_get_ext_count(&list); ++i) {
    const X509_EXTENSION* const extension = X509_CRL_get_ext(&list, i);
    if (X509_EXTENSION_get_critical(extension) != 0) {
      throw std::runtime_error("has the critical extension \"" + extension_name(extension) +
                               "\", which is not supported: only complete lists are");
    }
  }
}

bool is_of(X509_CRL& list, X509& issuer) {
  if (X509_NAME_cmp(X509_CRL_get_issuer(&list), X509_get_subject_name(&issuer)) != 0) return false;
  const std::unique_ptr<AUTHORITY_KEYID, OpensslFree<AUTHORITY_KEYID_free>> key_id(
      static_cast<AUTHORITY_KEYID*>(
          X509_CRL_get_ext_d2i(&list, NID_authority_key_identifier, nullptr, nullptr)));
  // An authority with a new key has the same name; the key's identifier tells them apart.
  return key_id == nullptr || X509_check_akid(&issuer, key_id.get()) == X509_V_OK;
}

bool is_signed_by(X509_CRL& list, X509& issuer) {
  if ((X509_get_key_usage(&issuer) & KU_CRL_SIGN) == 0) return false;
  const bool right = X509_CRL_verify(&list, X509_get0_pubkey(&issuer)) == 1;
  if (!right) take_openssl_error();
  return right;
}

CertificatePtr shared(X509& certificate) {
  X509_up_ref(&certificate);
  return CertificatePtr(&certificate);
}

}  // namespace

Crls::Crl Crls::accept(CrlPtr list, std::string name, const CertificateList& authorities) {
  Crl crl;
  try {
    refuse_critical_extensions(*list);
    const auto from = seconds_of(X509_CRL_get0_lastUpdate(list.get()));
    const ASN1_TIME* const next = X509_CRL_get0_nextUpdate(list.get());
    const auto until = next == nullptr ? INT64_MAX : seconds_of(next);
    if (!from || !until) throw std::runtime_error("has a time that cannot be read");
    crl.this_update = *from;
    crl.next_update = *until;
    bool owned = false;
    for (const CertificatePtr& authority : authorities) {
      if (!is_of(*list, *authority)) continue;
      owned = true;
      if (!is_signed_by(*list, *authority)) continue;
      crl.signer = shared(*authority);
      crl.proven_signer = X509_get0_pubkey(crl.signer.get());
      break;
    }
    if (owned && crl.signer == nullptr) {
      throw std::runtime_error("is not signed by the authority it names");
    }
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(name + " " + error.what());
  }
  // OpenSSL sorts the entries at the first look, which is here and not among the requests.
  X509_REVOKED* ignored = nullptr;
  const std::unique_ptr<ASN1_INTEGER, OpensslFree<ASN1_INTEGER_free>> any(ASN1_INTEGER_new());
  X509_CRL_get0_by_serial(list.get(), &ignored, any.get());
  crl.list = std::move(list);
  crl.name = std::move(name);
  return crl;
}

void Crls::add(std::string_view bytes, const std::string& name,
               const CertificateList& authorities) {
  std::vector<CrlPtr> lists;
  try {
    lists = parse_crls(bytes);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(name + ": " + error.what());
  }
  std::size_t number = 0;
  for (CrlPtr& list : lists) {
    const std::string which = name + ": CRL " + std::to_string(++number);
    crls_.push_back(accept(std::move(list), which, authorities));
  }
}

void Crls::add_file(const std::string& path, const CertificateList& authorities) {
  add(read_text_file(path, kMaxCrlFileBytes), path, authorities);
}

std::int64_t Crls::check(const X509& certificate, X509& issuer, std::int64_t now) const {
  bool any = false, good = false;
  std::int64_t until = INT64_MIN;
  for (const Crl& crl : crls_) {
    if (!is_of(*crl.list, issuer)) continue;
    any = true;
    const bool proven = crl.proven_signer != nullptr &&
                        EVP_PKEY_eq(crl.proven_signer, X509_get0_pubkey(&issuer)) == 1;
    if (!proven && !is_signed_by(*crl.list, issuer)) continue;
    good = true;
    X509_REVOKED* entry = nullptr;
    if (X509_CRL_get0_by_cert(crl.list.get(), &entry, const_cast<X509*>(&certificate)) == 1) {
      throw std::runtime_error("certificate revoked");
    }
    if (crl.is_current(now)) until = std::max(until, crl.next_update);
  }
  if (!any) return INT64_MAX;
  if (!good) throw std::runtime_error("the CRL of its issuer is not signed by that issuer");
  if (until != INT64_MIN) return until;
  if (expired_ == ExpiredCrl::ignore) return INT64_MAX;
  throw std::runtime_error("the CRL of its issuer has expired or is not yet valid");
}

std::vector<std::string> Crls::remarks(std::int64_t now) const {
  std::vector<std::string> out;
  for (const Crl& crl : crls_) {
    if (!crl.is_current(now)) out.push_back(crl.name + " has expired or is not yet valid");
    if (crl.signer == nullptr) {
      out.push_back(crl.name + " is of none of the authorities; it counts for an intermediate");
    }
  }
  return out;
}

}  // namespace limen::plugins
