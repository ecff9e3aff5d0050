#include "app/running_modules.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "app/api_client.h"
#include "app/client_config.h"
#include "app/reload_pages.h"
#include "app/reload_report.h"
#include "object/metadata.h"

namespace limen::app {

namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text + "  ";
}

const object::Json* member(const object::Json& of, std::string_view key) {
  return of.is_object() ? of.get_object().if_contains(key) : nullptr;
}

std::string number_at(const object::Json& of, std::string_view key) {
  const object::Json* const value = member(of, key);
  return value == nullptr || !value->is_number() ? "-" : boost::json::serialize(*value);
}

void print_rows(const object::Json* rows, std::ostream& out) {
  if (rows == nullptr || !rows->is_array()) return;
  for (const object::Json& row : rows->get_array()) {
    out << padded(std::string(object::text_at(row, "kind")), 13)
        << padded(std::string(object::text_at(row, "name")), 26)
        << padded(std::string(object::text_at(row, "mode")), 7)
        << padded(std::string(object::text_at(row, "version")), 8)
        << padded(number_at(row, "generation"), 3)
        << padded(std::string(object::text_at(row, "state")), 10)
        << padded(number_at(row, "calls"), 5) << object::text_at(row, "file");
    const std::string_view why = object::text_at(row, "why");
    if (!why.empty()) out << "  (" << why << ')';
    out << '\n';
  }
}

}  // namespace

void print_module_state(const object::Json& state, std::ostream& out) {
  out << "generation " << number_at(state, "generation") << "\n"
      << padded("KIND", 13) << padded("NAME", 26) << padded("MODE", 7) << padded("VERSION", 8)
      << padded("GEN", 3) << padded("STATE", 10) << padded("CALLS", 5) << "FILE\n";
  print_rows(member(state, "modules"), out);
  print_rows(member(state, "ending"), out);
  const object::Json* const last = member(state, "lastReload");
  if (last == nullptr || !last->is_object()) return;
  out << "last reload " << object::text_at(*last, "at") << " by " << object::text_at(*last, "by")
      << ": " << reload_text(*last);
  // A refused reload leaves what an earlier one said of keys.
  if (object::text_at(*last, "outcome") == "applied") return;
  const object::Json* const keys = member(state, "needsRestart");
  if (keys == nullptr || !keys->is_array()) return;
  for (const object::Json& key : keys->get_array()) {
    if (key.is_string()) out << "needs a restart: " << std::string_view(key.get_string()) << '\n';
  }
}

int list_running(const Arguments& arguments, bool json, Streams streams) {
  const ClientConfig config =
      read_client_config(find_kubeconfig(arguments.get_or("kubeconfig", "")));
  const ApiAnswer answer = get_json(config, std::string(kModulesPath));
  boost::system::error_code error;
  const object::Json state = boost::json::parse(answer.body, error);
  if (answer.status != 200 || error || object::text_at(state, "kind") != "ModuleState") {
    throw std::runtime_error(failure_of(config, answer));
  }
  if (json) {
    streams.out << boost::json::serialize(state) << '\n';
  } else {
    print_module_state(state, streams.out);
  }
  return kExitOk;
}

}  // namespace limen::app
