#include "app/migration_side.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/encryption_setup.h"
#include "app/files.h"
#include "app/module_specs.h"
#include "app/store_setup.h"
#include "base/strings.h"
#include "modules/module_instance.h"
#include "modules/runtime.h"
#include "object/metadata.h"
#include "storage/forwarding_driver.h"

namespace limen::app {

namespace {

using Members = boost::json::object;

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kEtcd = "etcd:";

struct Parameter {
  std::string_view word, key;  // in the words; in the module's config
  bool file;
};
constexpr Parameter kEtcdParameters[] = {
    {"ca", "caFile", true},          {"cert", "certFile", true},
    {"key", "keyFile", true},        {"prefix", "prefix", false},
    {"username", "username", false}, {"passwordFile", "passwordFile", true},
};

// The module's key and value of one `word=value`.
void add_parameter(std::string_view option, std::string_view text, Members& config) {
  const std::size_t equals = text.find('=');
  const std::string_view word = text.substr(0, equals);
  const auto* const found = std::find_if(std::begin(kEtcdParameters), std::end(kEtcdParameters),
                                         [&](const Parameter& one) { return one.word == word; });
  if (equals == std::string_view::npos || found == std::end(kEtcdParameters)) {
    throw UsageError(std::string(option) + ": " + base::go_quote(text) +
                     " is none of ca=FILE, cert=FILE, key=FILE, prefix=PATH, username=NAME, "
                     "passwordFile=FILE");
  }
  const auto value = base::percent_decode(text.substr(equals + 1), false);
  if (!value || value->empty()) {
    throw UsageError(std::string(option) + ": " + std::string(word) + "= needs a value");
  }
  config[found->key] = found->file ? absolute_path(*value) : *value;
}

Members etcd_config(std::string_view option, std::string_view words) {
  Members config;
  const std::size_t question = words.find('?');
  boost::json::array endpoints;
  for (const std::string_view one : base::split(words.substr(0, question), ',')) {
    if (!one.starts_with("http://") && !one.starts_with("https://")) {
      throw UsageError(std::string(option) + ": " + base::go_quote(one) +
                       " is no endpoint of etcd: write https://HOST:PORT");
    }
    endpoints.emplace_back(one);
  }
  config["endpoints"] = std::move(endpoints);
  if (question == std::string_view::npos) return config;
  for (const std::string_view one : base::split(words.substr(question + 1), '&')) {
    add_parameter(option, one, config);
  }
  return config;
}

config::ServerConfiguration of_module(std::string_view option, std::string_view module,
                                      Members config) {
  config::ServerConfiguration configuration;
  configuration.file = option;
  configuration.module_path = default_module_path();
  configuration.storage.name = configuration.storage.module = module;
  configuration.storage.config = std::move(config);
  return configuration;
}

config::ServerConfiguration of_file(const std::string& path) {
  config::Loaded loaded = load_with_problems(Arguments(), path);
  if (!loaded.ok()) throw std::runtime_error(base::join(loaded.problems(), "\n"));
  return std::move(loaded.configuration);
}

// A driver together with the module it is of.
class HeldDriver final : public storage::ForwardingDriver {
 public:
  explicit HeldDriver(const config::ServerConfiguration& configuration)
      : runtime_(options(configuration)),
        instance_(runtime_.start_store(store_spec(configuration))) {
    try {
      driver_ = store_driver(*instance_->plugin(), make_keyring(configuration.storage_encryption));
    } catch (...) {
      close();
      throw;
    }
  }
  ~HeldDriver() override {
    close();
    driver_.reset();  // before the runtime of its module
  }
  HeldDriver(const HeldDriver&) = delete;
  HeldDriver& operator=(const HeldDriver&) = delete;

  void close() noexcept override {
    if (!instance_) return;
    if (driver_) driver_->close();
    // Before the driver goes, which the module tells of changes until it is stopped.
    runtime_.retire(std::exchange(instance_, nullptr));
  }

 private:
  static modules::RuntimeOptions options(const config::ServerConfiguration& configuration) {
    modules::RuntimeOptions options;
    options.folder = configuration.module_path;
    return options;
  }

  modules::Runtime runtime_;
  std::shared_ptr<modules::ModuleInstance> instance_;
};

std::string etcd_name(const object::Json& config) {
  std::vector<std::string> endpoints = object::texts_of(object::member(config, "endpoints"));
  std::sort(endpoints.begin(), endpoints.end());
  const std::string_view prefix = object::text_at(config, "prefix");
  return std::string(kEtcd) + base::join(endpoints, ",") +
         "?prefix=" + std::string(prefix.empty() ? "/registry" : prefix);
}

}  // namespace

config::ServerConfiguration migration_configuration(std::string_view option,
                                                    const std::string& words) {
  const std::string_view text = words;
  if (text.starts_with(kSqlite)) {
    const std::string path(text.substr(kSqlite.size()));
    if (path.empty()) throw UsageError(std::string(option) + ": sqlite: needs the database's path");
    return of_module(option, "sqlite", {{"path", absolute_path(path)}});
  }
  if (text.starts_with(kEtcd)) {
    return of_module(option, "etcd", etcd_config(option, text.substr(kEtcd.size())));
  }
  return of_file(words);
}

std::string store_name(const config::ServerConfiguration& configuration) {
  const config::ModuleEntry& entry = configuration.storage;
  if (entry.module == "sqlite") {
    return std::string(kSqlite) + absolute_path(std::string(object::text_at(entry.config, "path")));
  }
  if (entry.module == "etcd") return etcd_name(entry.config);
  return entry.module + " (" + configuration.file + ")";
}

storage::MigrationSide migration_side(const config::ServerConfiguration& configuration) {
  return {store_name(configuration),
          [&configuration] { return std::make_unique<HeldDriver>(configuration); }};
}

}  // namespace limen::app
