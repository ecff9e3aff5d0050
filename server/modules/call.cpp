#include "modules/call.h"

#include "base/strings.h"

namespace limen::modules {

admission::Result refusal_of(const AdmissionReply& reply) {
  admission::Result result;
  if (reply.code >= 400 && reply.code <= 599) result.code = reply.code;
  result.reason = reply.reason;
  result.message = reply.message;
  result.causes = reply.causes;
  return result;
}

void GuardedHead::lend(const transport::RequestHead* head) {
  const std::lock_guard lock(mutex_);
  head_ = head;
}

limen_str GuardedHead::first(std::string_view name, Arena& arena) {
  const std::lock_guard lock(mutex_);
  if (head_ == nullptr) return {nullptr, 0};
  return arena.copy(head_->header(name));
}

bool GuardedHead::at(std::size_t index, Arena& arena, limen_pair& out) {
  const std::lock_guard lock(mutex_);
  if (head_ == nullptr || index >= head_->headers.size()) return false;
  out.key = arena.copy(head_->headers[index].name);
  out.value = arena.copy(head_->headers[index].value);
  return true;
}

bool Call::take_text(limen_str text, std::string& out, std::string_view what) {
  if (text.ptr == nullptr && text.len > 0) {
    violate("gave a null pointer as " + std::string(what));
    return false;
  }
  if (text.len > kMaxReplyBytes - reply_bytes) {
    violate("gave a reply of more than " + std::to_string(kMaxReplyBytes) + " bytes");
    return false;
  }
  reply_bytes += text.len;
  if (text.len == 0) {
    out.clear();
    return true;
  }
  const std::string_view view(text.ptr, text.len);
  if (!base::is_valid_utf8(view)) {
    violate("gave invalid UTF-8 as " + std::string(what));
    return false;
  }
  out.assign(view);
  return true;
}

void Call::violate(std::string text) {
  if (violation.empty()) violation = std::move(text);
}

Call* answering(limen_call* handle, std::string_view setter, CallKind kind, CallKind other_kind) {
  Call* call = CallTable::get().find(handle, setter);
  if (call == nullptr) return nullptr;
  if (call->kind != kind && (other_kind == CallKind::other || call->kind != other_kind)) {
    call->violate("answered with " + std::string(setter) + ", which is not for this kind of call");
    return nullptr;
  }
  return call;
}

}  // namespace limen::modules
