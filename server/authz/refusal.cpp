#include "authz/refusal.h"

#include "authz/chain.h"

namespace limen::authz {

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char byte : text) {
    switch (byte) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += byte;
    }
  }
  return out;
}

base::ApiError forbidden_error(const Attributes& attributes, std::string_view reason) {
  std::string message = escape_html(forbidden_message(attributes));
  if (!reason.empty()) message.append(": ").append(reason);
  return base::ApiError::forbidden(attributes.group, attributes.resource, attributes.name, message);
}

}  // namespace limen::authz
