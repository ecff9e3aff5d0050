// ConfigMaps and Secrets. Values are never shown: they may be secret.

#include "base/strings.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::member;
using object::text_at;

constexpr std::size_t kMaxBytes = 1024 * 1024;

// The size of base64 text once decoded.
std::size_t decoded_size(std::string_view base64) {
  std::size_t size = base64.size() / 4 * 3;
  for (std::size_t i = base64.size(); i > 0 && size > 0 && base64[i - 1] == '='; --i) --size;
  return size;
}

bool filled(const Json* data, std::string_view key) {
  const boost::json::object& values = members(data);
  return values.contains(key);
}

void require_key(const Json* data, std::string_view key, Causes& causes) {
  if (!filled(data, key)) causes.required(FieldPath("data").key(key));
}

void check_docker_config(const Json* data, std::string_view key, Causes& causes) {
  if (!filled(data, key)) return causes.required(FieldPath("data").key(key));
  const std::optional<std::string> text = base::base64_decode(text_at(*data, key));
  try {
    if (text) object::decode(*text, object::Format::json);
  } catch (const object::DecodeError& error) {
    constexpr std::string_view kRedacted = "<secret contents redacted>";
    causes.invalid(FieldPath("data").key(key), kRedacted, error.what());
  }
}

void check_secret_type(const Json& object, const Json* data, Causes& causes) {
  const std::string_view type = text_at(object, "type");
  if (type == "kubernetes.io/service-account-token") {
    const Json* annotation =
        object::find(object, {"metadata", "annotations", "kubernetes.io/service-account.name"});
    if (text(annotation).empty()) {
      causes.required(
          FieldPath("metadata").child("annotations").key("kubernetes.io/service-account.name"));
    }
  } else if (type == "kubernetes.io/dockercfg") {
    check_docker_config(data, ".dockercfg", causes);
  } else if (type == "kubernetes.io/dockerconfigjson") {
    check_docker_config(data, ".dockerconfigjson", causes);
  } else if (type == "kubernetes.io/basic-auth") {
    if (!filled(data, "username") && !filled(data, "password")) {
      require_key(data, "username", causes);
      require_key(data, "password", causes);
    }
  } else if (type == "kubernetes.io/ssh-auth") {
    if (text_at(data ? *data : Json(), "ssh-privatekey").empty()) {
      causes.required(FieldPath("data").key("ssh-privatekey"));
    }
  } else if (type == "kubernetes.io/tls") {
    require_key(data, "tls.crt", causes);
    require_key(data, "tls.key", causes);
  }
}

// Once `immutable` is set it stays, and so does what it covers.
void check_frozen(const Json& object, const Json& old,
                  std::initializer_list<std::string_view> covered, Causes& causes) {
  constexpr std::string_view kFrozen = "field is immutable when `immutable` is set";
  if (!is_true(member(old, "immutable"))) return;
  if (!is_true(member(object, "immutable"))) causes.forbidden(FieldPath("immutable"), kFrozen);
  for (const std::string_view key : covered) {
    const bool unchanged =
        same(member(object, key), member(old, key)) ||
        (members(member(object, key)).empty() && members(member(old, key)).empty());
    if (!unchanged) causes.forbidden(FieldPath(key), kFrozen);
  }
}

}  // namespace

void check_config_map(const Json& object, Causes& causes) {
  std::size_t bytes = 0;
  const boost::json::object& binary = members(member(object, "binaryData"));
  for (const auto& entry : members(member(object, "data"))) {
    const std::string_view key = entry.key();
    const FieldPath path = FieldPath("data").key(key);
    causes.invalid_each(path, key, object::config_map_key(key));
    if (binary.contains(key)) causes.invalid(path, key, "duplicate of key present in binaryData");
    bytes += text(&entry.value()).size();
  }
  for (const auto& entry : binary) {
    const std::string_view key = entry.key();
    causes.invalid_each(FieldPath("binaryData").key(key), key, object::config_map_key(key));
    bytes += decoded_size(text(&entry.value()));
  }
  if (bytes > kMaxBytes) causes.too_long(FieldPath(), kMaxBytes);
}

void check_config_map_update(const Json& object, const Json& old, Causes& causes) {
  check_frozen(object, old, {"data", "binaryData"}, causes);
}

void check_secret(const Json& object, Causes& causes) {
  const Json* data = member(object, "data");
  std::size_t bytes = 0;
  for (const auto& entry : members(data)) {
    const std::string_view key = entry.key();
    causes.invalid_each(FieldPath("data").key(key), key, object::config_map_key(key));
    bytes += decoded_size(text(&entry.value()));
  }
  if (bytes > kMaxBytes) causes.too_long(FieldPath("data"), kMaxBytes);
  check_secret_type(object, data, causes);
}

void check_secret_update(const Json& object, const Json& old, Causes& causes) {
  // An absent type is the default one.
  const auto type_of = [](const Json& secret) {
    const std::string_view type = text_at(secret, "type");
    return type.empty() ? std::string_view("Opaque") : type;
  };
  if (type_of(object) != type_of(old)) {
    causes.invalid(FieldPath("type"), text_at(object, "type"), kImmutable);
  }
  check_frozen(object, old, {"data"}, causes);
}

}  // namespace limen::validation::kinds
