#include "validation/definition_facts.h"

#include "base/strings.h"
#include "object/metadata.h"

namespace limen::validation {

bool is_protected_group(std::string_view group) {
  for (const std::string_view domain : {"k8s.io", "kubernetes.io"}) {
    if (group == domain || group.ends_with("." + std::string(domain))) return true;
  }
  return false;
}

Approval approval_of(const object::Json& definition) {
  const object::Json* annotation =
      object::find(definition, {"metadata", "annotations", kApprovalAnnotation});
  if (!annotation || !annotation->is_string()) return Approval::missing;
  const std::string_view value(annotation->get_string());
  if (value.empty()) return Approval::missing;
  if (value.starts_with("unapproved")) return Approval::bypassed;
  const std::size_t scheme = value.find("://");
  const bool is_url = scheme != std::string_view::npos && scheme > 0 && value.size() > scheme + 3 &&
                      value[scheme + 3] != '/' && value.find(' ') == std::string_view::npos;
  return is_url ? Approval::approved : Approval::invalid;
}

std::string approval_text(Approval approval) {
  std::string text =
      "protected groups must have approval annotation " + base::go_quote(kApprovalAnnotation);
  if (approval == Approval::invalid) {
    text += " with either a URL or a reason starting with \"unapproved\"";
  }
  return text + ", see https://github.com/kubernetes/enhancements/pull/1111";
}

bool is_ca_bundle(std::string_view base64) {
  const auto pem = base::base64_decode(base64);
  if (!pem) return false;
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  bool any = false;
  for (std::size_t at = pem->find(kBegin); at != std::string::npos; at = pem->find(kBegin, at)) {
    at += kBegin.size();
    const std::size_t end = pem->find(kEnd, at);
    if (end == std::string::npos) return false;
    std::string body = pem->substr(at, end - at);
    std::erase_if(body, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    const auto der = base::base64_decode(body);
    // A certificate is a SEQUENCE (X.690); what is in it is looked at when it is used.
    if (!der || der->size() < 2 || (*der)[0] != '\x30') return false;
    any = true;
  }
  return any;
}

}  // namespace limen::validation
