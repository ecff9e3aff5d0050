// HostScope: what the host is to one module instance; the `ctx` of its limen_host.
//
// Holds the instance's name, config, metrics, object subscriptions and background work, and knows
// at which stage of its life the instance is, since some services are for start() only and none is
// there before it. The tables themselves are constant and shared by all instances; they find the
// scope through the limen_host they are given.
// Thread rule: any thread, except set_stage and stop (control). Lifetime: as the instance.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "limen/limen.h"
#include "modules/background.h"
#include "modules/executor_thread.h"
#include "modules/metrics_scope.h"
#include "modules/object_feed.h"
#include "object/document.h"

namespace limen::modules {

enum class Stage { created, starting, running, stopping, stopped };

class HostScope {
 public:
  HostScope(std::string instance, std::string server_version, object::Document config,
            const ObjectSource& objects, std::size_t workers);
  HostScope(const HostScope&) = delete;
  HostScope& operator=(const HostScope&) = delete;

  const limen_host* host() const { return &host_; }
  // The scope behind a limen_host; null for one that is not ours.
  static HostScope* of(const limen_host* host);

  const std::string& instance() const { return instance_; }
  const object::Document& config() const { return config_; }
  Stage stage() const { return stage_.load(std::memory_order_acquire); }
  void set_stage(Stage stage) { stage_.store(stage, std::memory_order_release); }

  MetricsScope& metrics() { return metrics_; }
  ObjectFeed& objects() { return objects_; }
  Background& background() { return background_; }

  // Who is told when the plugin says that its answers have changed; may be null. Before the plugin
  // is created.
  void on_rights_changed(std::function<void()> told) { rights_changed_ = std::move(told); }
  void rights_changed() const {
    if (rights_changed_) rights_changed_();
  }

  // Cancels subscriptions, timers, posted work and HTTP requests, and waits for those that run.
  // False when something still runs at `deadline`.
  bool stop(base::Deadline deadline);

 private:
  const std::string instance_;
  const std::string server_version_;
  const object::Document config_;
  std::atomic<Stage> stage_{Stage::created};
  MetricsScope metrics_;
  ExecutorThread serial_;
  ObjectFeed objects_;
  Background background_;
  std::function<void()> rights_changed_;
  limen_host host_;
};

// The host's tables, one file each.
const limen_call_api& call_table();
const limen_log_api& log_table();
const limen_metrics_api& metrics_table();
const limen_clock_api& clock_table();
const limen_config_api& config_table();
const limen_objects_api& objects_table();
const limen_http_api& http_table();
const limen_executor_api& executor_table();
const limen_rights_api& rights_table();
const limen_access_api& access_table();
const limen_versions_api& versions_table();

// The two functions of limen_authn_input.
struct AuthnHeaders {
  limen_str (*header)(const limen_call* call, limen_str lower_case_name);
  limen_status (*header_at)(const limen_call* call, uint32_t index, limen_pair* out);
};
AuthnHeaders authn_headers();

// Tables given with a call's input.
const limen_authn_reply& authn_reply_table();
const limen_authz_reply& authz_reply_table();
const limen_rules_reply& rules_reply_table();
const limen_admission_reply& admission_reply_table(bool mutating);
const limen_token_reply& token_reply_table();
const limen_document_reply& document_reply_table();

// A borrowed view of text a module gave; empty for a null pointer.
inline std::string_view to_view(limen_str text) {
  return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}
inline limen_str to_limen(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace limen::modules
