// acme-sqlite-grants: who may do what is in a table of a SQLite database.
//
// It only ever allows. What it has no row for, and everything while the database cannot be read, is
// the next authorizer's matter; an error of the database is told if nobody else allows the request.

#include <cstdint>
#include <exception>
#include <limen/cpp/file_watch.hpp>
#include <limen/cpp/plugin.hpp>
#include <optional>
#include <string>

#include "grants.h"

namespace {

constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["path"],
  "properties": {
    "path": {
      "type": "string",
      "minLength": 1,
      "description": "The database, with a table `grants`. It is never written."
    }
  }
})json";

// pods, deployments.apps, pods/log
std::string resource_of(const limen::Attributes& about) {
  std::string text(about.resource());
  if (!about.api_group().empty()) text += "." + std::string(about.api_group());
  if (!about.subresource().empty()) text += "/" + std::string(about.subresource());
  return text;
}

class SqliteGrants final : public limen::Authorizer {
 public:
  // The statement sees each committed write by itself. The file is opened anew when it changes, for
  // the one that is renamed over it, and so that watches of those who lost a right end.
  SqliteGrants(limen::Host& host, limen::Node config)
      : grants_(host, "grants",
                {config["path"].string_or(""), config["path"].string_or("") + "-wal"},
                [path = config["path"].string_or("")] { return acme::Grants(path); }),
        allowed_(host.metrics().counter("requests_allowed_total", "Requests a row allowed.")) {}

  limen::Result<void> start() override { return grants_.start(); }

  limen::Result<void> authorize(limen::AuthzCall& call) override {
    const limen::Attributes about = call.attributes();
    if (!about.is_resource()) return call.no_opinion();
    const std::string resource = resource_of(about);
    try {
      return judge(call, {about.verb(), resource, about.ns(), about.name()});
    } catch (const std::exception& error) {
      return call.error(std::string("the grants cannot be read: ") + error.what()).no_opinion();
    }
  }

 private:
  limen::Result<void> judge(limen::AuthzCall& call, const acme::Question& question) {
    const auto grants = grants_.get();
    std::string subject = "user:" + std::string(call.user().name());
    std::optional<std::int64_t> row = grants->find(subject, question);
    for (const std::string_view group : call.user().groups()) {
      if (row) break;
      subject = "group:" + std::string(group);
      row = grants->find(subject, question);
    }
    if (!row) return call.no_opinion();
    if (!call.attributes().explains()) allowed_.add();
    const std::string id = "grants/" + std::to_string(*row);
    return call.rule(id).cause("subject", subject).allow(id + " of " + subject);
  }

  limen::Reloaded<acme::Grants> grants_;
  const limen::Counter allowed_;
};

}  // namespace

// A query reads a file: the server asks on worker threads and not on the connection's.
LIMEN_EXPORT_MODULE(limen::authorizer<SqliteGrants>({
    .id = "acme-sqlite-grants",
    .version = "1.0.0",
    .vendor = "Acme",
    .url = "https://acme.example/limen",
    .summary = "Allows what a table of a SQLite database says.",
    .config_schema = kSchema,
    .required = {LIMEN_EXECUTOR},
    .may_block = true,
}))
