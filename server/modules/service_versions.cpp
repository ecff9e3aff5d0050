// "limen.versions/1": an admission module's questions about its object in other versions.
//
// As with questions to the authorizers (service_access.cpp), a question outlives neither the
// instance (Answers) nor what answers it (it shares that); it runs on the request's loop with a
// scope of its own, because the request may be over before the answer.
#include <memory>
#include <utility>

#include "base/api_error.h"
#include "modules/call.h"
#include "modules/host_scope.h"
#include "modules/nodes.h"
#include "object/decode.h"
#include "request/call_scope.h"

namespace limen::modules {

namespace {

using Converted = void (*)(void* arg, limen_status status, const limen_node* object,
                           limen_str error);

limen_version to_row(const admission::Version& version) {
  limen_version row{};
  row.struct_size = sizeof(row);
  row.api_group = to_limen(version.group);
  row.api_version = to_limen(version.version);
  row.kind_group = to_limen(version.kind_group);
  row.kind_version = to_limen(version.kind_version);
  row.kind = to_limen(version.kind);
  return row;
}

admission::Version from_row(const limen_version& row) {
  return {std::string(to_view(row.api_group)), std::string(to_view(row.api_version)),
          std::string(to_view(row.kind_group)), std::string(to_view(row.kind_version)),
          std::string(to_view(row.kind))};
}

struct Conversion {
  Conversion(base::Executor& loop, base::Deadline deadline) : scope(loop, deadline) {}

  std::shared_ptr<const admission::Versions> versions;
  object::Json object;
  admission::Version target;
  request::CallScope scope;
  std::shared_ptr<Answers> answers;
  std::uint64_t number = 0;
  // Until it is answered: nothing.
  object::Document result;
  std::string error;

  void give(Converted done, void* arg, limen_status status) const {
    // What is cancelled may still be under way: nothing of it is read.
    if (status == LIMEN_E_CANCELLED) return done(arg, status, nullptr, to_limen("stopped"));
    done(arg, status, status == LIMEN_OK ? root_node(result) : nullptr, to_limen(error));
  }
};

// What an answer to a client would begin with is left to who gives it.
std::string text_of(const base::ApiError& error) {
  constexpr std::string_view kLead = "Internal error occurred: ";
  std::string text = error.message();
  if (text.starts_with(kLead)) text.erase(0, kLead.size());
  return text;
}

base::Task<void> convert_now(std::shared_ptr<Conversion> conversion) {
  limen_status status = LIMEN_OK;
  try {
    object::Json made = co_await conversion->versions->convert(
        std::move(conversion->object), conversion->target, conversion->scope);
    conversion->result = object::Document(made);
  } catch (const base::ApiError& error) {
    status = error.code() == 400 ? LIMEN_E_INVALID : LIMEN_E_INTERNAL;
    if (base::SteadyClock::now() >= conversion->scope.deadline) status = LIMEN_E_DEADLINE;
    conversion->error = text_of(error);
  } catch (const std::exception& error) {
    status = LIMEN_E_INTERNAL;
    conversion->error = error.what();
  }
  conversion->answers->finish(conversion->number, status);
}

limen_status list(const limen_host* host, limen_call* handle,
                  std::int32_t (*each)(void* arg, const limen_version* version),
                  void* arg) noexcept {
  if (HostScope::of(host) == nullptr || each == nullptr) return LIMEN_E_INVALID;
  const Call* const call = CallTable::get().find(handle, "list");
  if (call == nullptr) return LIMEN_E_INVALID;
  if (call->versions == nullptr) return LIMEN_E_UNSUPPORTED;
  try {
    for (const admission::Version& one : call->versions->all()) {
      const limen_version row = to_row(one);
      if (each(arg, &row) == 0) break;
    }
    return LIMEN_OK;
  } catch (const std::exception&) {
    return LIMEN_E_INTERNAL;
  }
}

limen_status convert(const limen_host* host, limen_call* handle, limen_str json,
                     const limen_version* target, Converted done, void* arg) noexcept {
  HostScope* const scope = HostScope::of(host);
  if (scope == nullptr || target == nullptr || done == nullptr) return LIMEN_E_INVALID;
  const Call* const call = CallTable::get().find(handle, "convert");
  if (call == nullptr) return LIMEN_E_INVALID;
  if (call->versions == nullptr || call->loop == nullptr) return LIMEN_E_UNSUPPORTED;
  try {
    const auto conversion = std::make_shared<Conversion>(*call->loop, call->deadline());
    object::DecodeLimits limits;
    limits.max_bytes = Call::kMaxReplyBytes;
    conversion->object = object::decode(to_view(json), object::Format::json, limits).value;
    if (!conversion->object.is_object()) return LIMEN_E_INVALID;
    conversion->versions = call->versions;
    conversion->target = from_row(*target);
    conversion->answers = scope->background().answers();
    OwedAnswer owed(conversion->answers, [conversion, done, arg](limen_status status) {
      conversion->give(done, arg, status);
    });
    conversion->number = owed.number();
    if (conversion->number == 0) return LIMEN_E_UNAVAILABLE;
    call->loop->post(
        [conversion] { base::spawn(convert_now(conversion), [](const std::exception_ptr&) {}); });
    owed.put();
    return LIMEN_OK;
  } catch (const object::DecodeError&) {
    return LIMEN_E_INVALID;
  } catch (const std::exception&) {
    return LIMEN_E_INTERNAL;
  }
}

}  // namespace

const limen_versions_api& versions_table() {
  static constexpr limen_versions_api table = {sizeof(limen_versions_api), 0, list, convert};
  return table;
}

}  // namespace limen::modules
