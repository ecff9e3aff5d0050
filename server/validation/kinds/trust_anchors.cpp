#include "validation/kinds/trust_anchors.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/strings.h"

namespace limen::validation::kinds {

namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

struct PemBlock {
  std::string type;
  bool has_headers = false;
  std::string bytes;
};

// The next line without what is blank at its end; `rest` goes on after it.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  const std::size_t last = line.find_last_not_of(" \t\r");
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// Reads blocks one after another as Go's encoding/pem does: what is no block is passed over.
class PemReader {
 public:
  explicit PemReader(std::string_view text) : rest_(text) {}

  std::optional<PemBlock> next() {
    for (std::size_t end = first_end(); end != std::string_view::npos; end = first_end()) {
      const std::string_view before = rest_.substr(0, end);
      rest_.remove_prefix(end + kEnd.size());
      const std::string_view end_line = take_line(rest_);
      if (std::optional<PemBlock> block = block_in(before, end_line)) return block;
    }
    return std::nullopt;
  }

 private:
  std::size_t first_end() const {
    if (rest_.starts_with(kEnd)) return 0;
    const std::size_t found = rest_.find("\n-----END ");
    return found == std::string_view::npos ? found : found + 1;
  }

  // The block from the last beginning to the end of `text`.
  static std::optional<PemBlock> block_in(std::string_view text, std::string_view end_line) {
    const std::size_t found = text.rfind("\n-----BEGIN ");
    if (found == std::string_view::npos && !text.starts_with(kBegin)) return std::nullopt;
    text.remove_prefix((found == std::string_view::npos ? 0 : found + 1) + kBegin.size());
    const std::string_view begin_line = take_line(text);
    if (begin_line != end_line || !begin_line.ends_with(kDashes)) return std::nullopt;
    PemBlock block;
    block.type = begin_line.substr(0, begin_line.size() - kDashes.size());
    for (std::string_view rest = text; take_line(rest).find(':') != std::string_view::npos;) {
      block.has_headers = true;
      text = rest;
    }
    std::string encoded(text);
    std::erase_if(encoded, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    auto bytes = base::base64_decode(encoded);
    if (!bytes) return std::nullopt;
    block.bytes = *std::move(bytes);
    return block;
  }

  std::string_view rest_;
};

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

// What is wrong with a block; empty: nothing.
std::string problem_of(const PemBlock& block) {
  if (block.type != "CERTIFICATE") return "has bad block type: " + block.type;
  if (block.has_headers) return "has PEM block headers";
  const auto* at = reinterpret_cast<const unsigned char*>(block.bytes.data());
  const auto* const end = at + block.bytes.size();
  ERR_clear_error();
  const std::unique_ptr<X509, Free> certificate(
      d2i_X509(nullptr, &at, static_cast<long>(block.bytes.size())));
  const std::uint32_t flags = certificate ? X509_get_extension_flags(certificate.get()) : 0;
  ERR_clear_error();
  if (!certificate || at != end || (flags & EXFLAG_INVALID) != 0) return "does not parse as X.509";
  if ((flags & EXFLAG_CA) == 0) return "does not have the CA bit set";
  return {};
}

std::string listed(const std::vector<std::size_t>& indices) {
  std::string out;
  for (const std::size_t index : indices) out += (out.empty() ? "" : " ") + std::to_string(index);
  return "[" + out + "]";
}

}  // namespace

void check_trust_anchors(std::string_view text, const FieldPath& path, Causes& causes) {
  if (text.size() > kMaxTrustBundle) return causes.too_long(path, kMaxTrustBundle);
  const auto refuse = [&](const std::string& why) {
    causes.invalid(path, std::string_view("<value omitted>"), why);
  };
  PemReader reader(text);
  std::map<std::string, std::vector<std::size_t>> places;  // by what a block holds
  bool sound = true;
  std::size_t index = 0;
  for (std::optional<PemBlock> block = reader.next(); block; block = reader.next(), ++index) {
    const std::string problem = problem_of(*block);
    if (problem.empty()) {
      places[std::move(block->bytes)].push_back(index);
    } else {
      sound = false;
      refuse("entry " + std::to_string(index) + " " + problem);
    }
  }
  if (!sound) return;
  if (places.empty()) return refuse("at least one trust anchor must be provided");
  std::vector<const std::vector<std::size_t>*> repeated;
  for (const auto& [bytes, indices] : places) {
    if (indices.size() > 1) repeated.push_back(&indices);
  }
  std::sort(repeated.begin(), repeated.end(),
            [](const auto* left, const auto* right) { return left->front() < right->front(); });
  for (const auto* indices : repeated) {
    refuse("duplicate trust anchor (indices " + listed(*indices) + ")");
  }
}

}  // namespace limen::validation::kinds
