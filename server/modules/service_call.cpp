// "limen.call/1": deadline, cancellation, error text and completion of a call.
#include "modules/call.h"
#include "modules/host_scope.h"

namespace limen::modules {

namespace {

std::int64_t deadline_ns(const limen_call* handle) noexcept {
  const Call* call = CallTable::get().find(handle, "deadline_ns");
  return call == nullptr ? 0 : call->deadline_ns;
}

std::int32_t cancelled(const limen_call* handle) noexcept {
  return CallTable::get().cancelled(handle) ? 1 : 0;
}

limen_status on_cancel(limen_call* handle, void (*fn)(void*), void* arg) noexcept {
  CallTable& table = CallTable::get();
  const limen_status status = table.on_cancel(handle, fn, arg);
  if (status == LIMEN_OK && table.cancelled(handle)) table.fire_cancel(handle);
  return status;
}

void fail(limen_call* handle, limen_str message) noexcept {
  if (Call* call = CallTable::get().find(handle, "fail")) {
    call->take_text(message, call->failure, "error text");
  }
}

void complete(limen_call* handle, limen_status status) noexcept {
  CallTable::get().complete(handle, status);
}

}  // namespace

const limen_call_api& call_table() {
  static constexpr limen_call_api table = {
      sizeof(limen_call_api), 0, deadline_ns, cancelled, on_cancel, fail, complete};
  return table;
}

}  // namespace limen::modules
