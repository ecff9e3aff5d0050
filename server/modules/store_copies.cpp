#include "modules/store_copies.h"

#include "limen/draft/store_copies.h"
#include "modules/module_instance.h"

namespace limen::modules {

namespace {

const limen_store_copies& table_of(const void* table) {
  return *static_cast<const limen_store_copies*>(table);
}

limen_str to_abi(const std::string& text) { return {text.data(), text.size()}; }

// One call: where its error text goes and what it reports.
struct Request {
  std::string text;
  limen_store_error sink{sizeof(limen_store_error), 0, &Request::keep, &text};
  limen_store_report report{sizeof(limen_store_report), 0, 0, 0, 0, 0};

  static void keep(void* arg, limen_str message) noexcept {
    static_cast<std::string*>(arg)->assign(message.ptr, message.len);
  }

  StoreReport finish(limen_status status) const {
    if (status == LIMEN_OK) {
      return {report.revision, report.compacted, report.keys, report.changes};
    }
    using Why = StoreCopyError::Why;
    const Why why = status == LIMEN_E_UNAVAILABLE ? Why::in_use
                    : status == LIMEN_E_INVALID   ? Why::not_empty
                                                  : Why::failed;
    throw StoreCopyError(
        why,
        text.empty() ? "the store module failed (status " + std::to_string(status) + ")" : text);
  }
};

}  // namespace

StoreCopies::StoreCopies(std::shared_ptr<ModuleInstance> instance)
    : instance_(std::move(instance)), table_(instance_->extension(LIMEN_STORE_COPIES)) {
  const bool whole = table_ != nullptr &&
                     table_of(table_).struct_size >= sizeof(limen_store_copies) &&
                     table_of(table_).save != nullptr && table_of(table_).verify != nullptr &&
                     table_of(table_).restore != nullptr;
  if (whole) return;
  throw StoreCopyError(
      StoreCopyError::Why::failed,
      "the store module " + instance_->descriptor().id +
          " offers no copies (limen.store-copies/0): back up its data by the means "
          "of whatever keeps them");
}

StoreReport StoreCopies::save(const std::string& file) {
  Request call;
  return call.finish(
      table_of(table_).save(instance_->plugin(), to_abi(file), &call.report, &call.sink));
}

StoreReport StoreCopies::verify(const std::string& file) {
  Request call;
  return call.finish(
      table_of(table_).verify(instance_->plugin(), to_abi(file), &call.report, &call.sink));
}

StoreReport StoreCopies::restore(const std::string& file, bool replace, std::int64_t advance) {
  Request call;
  const limen_store_restore options{sizeof(limen_store_restore), replace ? 1 : 0, advance};
  return call.finish(table_of(table_).restore(instance_->plugin(), to_abi(file), &options,
                                              &call.report, &call.sink));
}

}  // namespace limen::modules
