#include "common/jose/jws.h"

#include <boost/json.hpp>
#include <utility>

#include "common/jose/base64url.h"
#include "common/jose/json_object.h"

namespace limen::plugins::jose {

namespace json = boost::json;

namespace {

struct Parts {
  std::string_view header, payload, signature;
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  if (token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1)};
}

std::string decode_part(std::string_view text, const std::string& what) {
  std::optional<std::string> bytes = base64url_decode(text);
  if (!bytes) throw JwsError("the " + what + " is not base64url");
  return std::move(*bytes);
}

json::object parse_part(std::string_view bytes, const std::string& what) {
  try {
    return parse_object(bytes);
  } catch (const std::runtime_error& error) {
    throw JwsError("the " + what + " " + error.what());
  }
}

json::object parse_header(std::string_view text) {
  const std::string bytes = decode_part(text, "header");
  if (bytes.size() > kMaxHeaderBytes) {
    throw JwsError("the header has more than " + std::to_string(kMaxHeaderBytes) + " bytes");
  }
  return parse_part(bytes, "header");
}

std::string text_member(const json::object& header, std::string_view key) {
  const json::value* value = header.if_contains(key);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    throw JwsError("the header's \"" + std::string(key) + "\" is not a text");
  }
  return std::string(value->get_string());
}

void read_header(const json::object& header, Jws& jws) {
  for (const char* name : {"jku", "jwk", "x5u", "x5c"}) {
    if (header.contains(name)) {
      throw JwsError("the header brings a key or its address (" + std::string(name) +
                     "), and only keys of our own are used");
    }
  }
  // An extension that must be understood, and none is; "b64" (RFC 7797) is only valid with it.
  for (const char* name : {"crit", "b64"}) {
    if (header.contains(name)) {
      throw JwsError("the header demands an extension (" + std::string(name) + ")");
    }
  }
  const std::string algorithm = text_member(header, "alg");
  const std::optional<Algorithm> found = find_algorithm(algorithm);
  if (!found) throw JwsError("the header's \"alg\" is none of those accepted");
  jws.algorithm = *found;
  jws.key_id = text_member(header, "kid");
}

}  // namespace

std::optional<std::string> unverified_issuer(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return std::nullopt;
  const std::optional<Parts> parts = split(token);
  if (!parts) return std::nullopt;
  try {
    const json::object payload = parse_part(decode_part(parts->payload, "payload"), "payload");
    const json::value* issuer = payload.if_contains("iss");
    if (issuer == nullptr || !issuer->is_string()) return std::nullopt;
    return std::string(issuer->get_string());
  } catch (const JwsError&) {
    return std::nullopt;
  }
}

Jws parse_jws(std::string_view token) {
  if (token.size() > kMaxTokenBytes) {
    throw JwsError("the token has more than " + std::to_string(kMaxTokenBytes) + " bytes");
  }
  const std::optional<Parts> parts = split(token);
  if (!parts) throw JwsError("the token has not three parts");
  Jws jws;
  read_header(parse_header(parts->header), jws);
  jws.payload = decode_part(parts->payload, "payload");
  jws.signature = decode_part(parts->signature, "signature");
  jws.signing_input = token.substr(0, parts->header.size() + 1 + parts->payload.size());
  return jws;
}

json::object claims_of(const Jws& jws) { return parse_part(jws.payload, "payload"); }

}  // namespace limen::plugins::jose
