// LoadedModule::judge: what a module in this process says about a config.
#include "limen/limen.h"
#include "modules/control_thread.h"
#include "modules/host_scope.h"
#include "modules/loader.h"
#include "modules/nodes.h"

namespace limen::modules {

namespace {

void add_finding(const limen_validate_reply* reply, std::int32_t severity, limen_str pointer,
                 limen_str message) noexcept {
  auto& findings = *static_cast<ConfigJudgement*>(reply->ctx);
  ConfigFinding finding{std::string(to_view(pointer)), std::string(to_view(message))};
  (severity == LIMEN_FINDING_WARNING ? findings.warnings : findings.errors)
      .push_back(std::move(finding));
}

}  // namespace

std::optional<ConfigJudgement> LoadedModule::judge(const DescriptorInfo& descriptor,
                                                   const object::Document& config,
                                                   ControlThread& control,
                                                   base::Deadline deadline) const {
  const auto* table = static_cast<const limen_validate*>(this->table(LIMEN_VALIDATE));
  if (!LIMEN_HAS(limen_validate, table, validate) || table->validate == nullptr) {
    return ConfigJudgement{};
  }
  // Shared with a module that does not come back in time.
  auto found = std::make_shared<ConfigJudgement>();
  const bool over = control.run(
      [table, found, config, index = descriptor.index]() noexcept {
        const limen_validate_reply reply = {sizeof(limen_validate_reply), 0, found.get(),
                                            add_finding};
        const limen_status status =
            table->validate(index, &node_table(), root_node(config), &reply);
        if (status != LIMEN_OK && status != LIMEN_E_UNSUPPORTED) {
          found->errors.push_back(
              {"", "the module could not judge it (status " + std::to_string(status) + ")"});
        }
      },
      deadline);
  if (!over) return std::nullopt;
  return std::move(*found);
}

}  // namespace limen::modules
