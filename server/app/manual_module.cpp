// limen-NAME(7): a module by its descriptors and their schemas.
#include <boost/json.hpp>
#include <stdexcept>

#include "app/manual.h"
#include "app/roff.h"
#include "base/strings.h"
#include "config/admission_plugins.h"

namespace limen::app {

namespace {

namespace json = boost::json;

std::string without_stop(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string_view text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

// "limen.authorizer/1" as the list of limen.yaml such modules stand in, and in the singular.
struct Place {
  std::string_view kind, list, noun;
};
constexpr Place kPlaces[] = {
    {"limen.authenticator/", "authenticators", "an authenticator: it says who a caller is"},
    {"limen.authorizer/", "authorizers", "an authorizer: it says what a caller may do"},
    {"limen.admission/", "admission",
     "an admission controller: it says which objects are acceptable, and may change them"},
    {"limen.store/", "storage", "a store: it keeps the objects"},
};

const Place* place_of(const modules::DescriptorInfo& descriptor) {
  for (const Place& place : kPlaces) {
    if (descriptor.kind.starts_with(place.kind)) return &place;
  }
  return nullptr;
}

std::string value_text(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  return json::serialize(value);
}

std::string listed(const json::array& values) {
  std::string out;
  for (const json::value& value : values) out += (out.empty() ? "" : ", ") + value_text(value);
  return out;
}

std::string type_word(const json::object& rule) {
  const json::value* type = rule.if_contains("type");
  if (type == nullptr) return "value";
  if (type->is_array()) {
    std::string out;
    for (const json::value& each : type->get_array()) {
      out += (out.empty() ? "" : " or ") + type_word({{"type", each}});
    }
    return out;
  }
  const std::string name = value_text(*type);
  if (name == "string") return "text";
  if (name == "integer") return "whole number";
  if (name == "boolean") return "true or false";
  if (name == "object") return "map";
  if (name == "null") return "nothing";
  if (name != "array") return name;
  const json::value* items = rule.if_contains("items");
  if (items == nullptr || !items->is_object()) return "list";
  const std::string item = type_word(items->get_object());
  return "list of " + (item == "value"           ? "values"
                       : item == "true or false" ? "booleans"
                                                 : item + 's');
}

// "1 to 30", "at least 1", "at most 30" or nothing.
std::string range(const json::object& rule, std::string_view low, std::string_view high,
                  std::string_view unit) {
  const json::value* least = rule.if_contains(low);
  const json::value* most = rule.if_contains(high);
  std::string out;
  if (least != nullptr && most != nullptr) {
    out = value_text(*least) + " to " + value_text(*most);
  } else if (least != nullptr) {
    out = "at least " + value_text(*least);
  } else if (most != nullptr) {
    out = "at most " + value_text(*most);
  }
  return out.empty() ? out : out + std::string(unit);
}

// The bounds of a value, each with a comma before it.
std::string bounds(const json::object& rule) {
  std::string out;
  const auto add = [&out](const std::string& text) {
    if (!text.empty()) out += ", " + text;
  };
  if (const json::value* allowed = rule.if_contains("enum")) {
    add("one of " + listed(allowed->as_array()));
  }
  if (const json::value* only = rule.if_contains("const")) add("only " + value_text(*only));
  add(range(rule, "minimum", "maximum", ""));
  add(range(rule, "exclusiveMinimum", "exclusiveMaximum", " (exclusive)"));
  const bool not_empty = rule.contains("minLength") && rule.at("minLength") == json::value(1) &&
                         !rule.contains("maxLength");
  add(not_empty ? "not empty" : range(rule, "minLength", "maxLength", " characters"));
  add(range(rule, "minItems", "maxItems", " items"));
  if (rule.contains("uniqueItems")) add("each once");
  const std::string_view pattern = text_at(rule, "pattern");
  if (!pattern.empty()) add("matching " + std::string(pattern));
  return out;
}

bool is_required(const json::object& parent, std::string_view key) {
  const json::value* required = parent.if_contains("required");
  if (required == nullptr) return false;
  for (const json::value& each : required->as_array()) {
    if (each.is_string() && each.get_string() == key) return true;
  }
  return false;
}

std::string kind_line(const json::object& rule, bool required) {
  std::string out = type_word(rule) + bounds(rule);
  if (const json::value* items = rule.if_contains("items")) {
    if (items->is_object() && !items->get_object().contains("properties")) {
      const std::string each = bounds(items->get_object());
      if (!each.empty()) out += "; each" + each.substr(1);
    }
  }
  out += required ? "; required"
                  : "; default " + (rule.contains("default") ? value_text(rule.at("default"))
                                                             : std::string("none"));
  if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out + '.';
}

void add_keys(Roff& page, const json::object& schema, const std::string& path);

// The keys below a value: of a map, of the maps of a list, of the values of a map with free keys.
void add_below(Roff& page, const json::object& rule, const std::string& path) {
  add_keys(page, rule, path + '.');
  if (const json::value* items = rule.if_contains("items")) {
    if (items->is_object()) add_below(page, items->get_object(), path + "[]");
  }
}

void add_keys(Roff& page, const json::object& schema, const std::string& path) {
  if (const json::value* properties = schema.if_contains("properties")) {
    for (const auto& member : properties->as_object()) {
      const std::string_view key(member.key().data(), member.key().size());
      const json::object& rule = member.value().as_object();
      const std::string name = path + std::string(key);
      const std::string_view description = text_at(rule, "description");
      const std::string kind = kind_line(rule, is_required(schema, key));
      page.item(name, description.empty() ? kind : std::string(description));
      if (!description.empty()) page.more(kind);
      add_below(page, rule, name);
    }
  }
  const json::value* free = schema.if_contains("additionalProperties");
  if (free != nullptr && free->is_object()) {
    const std::string name = path + "<NAME>";
    const std::string_view description = text_at(free->get_object(), "description");
    const std::string kind = kind_line(free->get_object(), false);
    page.item(name, description.empty() ? kind : std::string(description));
    if (!description.empty()) page.more(kind);
    add_below(page, free->get_object(), name);
  }
}

// An entry of limen.yaml with the required keys.
std::string entry_example(const modules::ModuleReport& module,
                          const modules::DescriptorInfo& descriptor, const Place& place) {
  std::string config;
  if (!descriptor.config_schema.empty()) {
    const json::value schema = json::parse(descriptor.config_schema);
    if (const json::value* required = schema.as_object().if_contains("required")) {
      for (const json::value& key : required->as_array()) {
        config += (config.empty() ? "" : ", ") + value_text(key) + ": ...";
      }
    }
  }
  if (!config.empty()) config = "config: {" + config + '}';
  std::string out = std::string(place.list) + ":\n";
  if (place.list == "storage") {
    out += "  module: " + module.name;
    return config.empty() ? out : out + "\n  " + config;
  }
  out += "  - name: " + module.name;
  return config.empty() ? out : out + "\n    " + config;
}

void add_descriptor(Roff& page, const modules::ModuleReport& module,
                    const modules::DescriptorInfo& descriptor) {
  const Place* place = place_of(descriptor);
  page.paragraph(descriptor.summary);
  if (place != nullptr) {
    page.paragraph("The module is " + std::string(place->noun) + '.');
    page.example(entry_example(module, descriptor, *place));
  }
  const config::AdmissionPlugin* plugin = place != nullptr && place->list == "admission"
                                              ? config::plugin_of_module(module.name)
                                              : nullptr;
  if (plugin != nullptr) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(plugin->timeout).count();
    page.paragraph("It does the work of kube-apiserver's plugin " + std::string(plugin->name) +
                   ", by whose name a configuration may call it. It is " +
                   (plugin->on_by_default() ? "on" : "off") +
                   " unless admissionPlugins says otherwise; a call may take " +
                   std::to_string(seconds) + " s.");
  }
  page.paragraph(descriptor.may_block()
                     ? "Its calls may block and are made on worker threads."
                     : "Its calls never block and are made on the connection's own thread.");
  if (descriptor.config_schema.empty()) {
    page.paragraph("It takes no config.");
    return;
  }
  const json::value schema = json::parse(descriptor.config_schema);
  page.paragraph("The keys of its config:");
  add_keys(page, schema.as_object(), "");
}

}  // namespace

std::string module_summary(const modules::ModuleReport& module) {
  std::string out;
  for (const modules::DescriptorInfo& descriptor : module.descriptors) {
    const std::string summary = without_stop(descriptor.summary);
    if (out.find(summary) == std::string::npos) out += (out.empty() ? "" : "; ") + summary;
  }
  return out;
}

ManualPage module_page(const modules::ModuleReport& module, const Edition& edition) {
  const std::string name = "limen-" + module.name;
  Roff page(name, 7, edition.date, "Limen " + edition.version, "Modules of Limen");
  page.name(name, module_summary(module));
  page.section("DESCRIPTION");
  try {
    for (const modules::DescriptorInfo& descriptor : module.descriptors) {
      if (module.descriptors.size() > 1) page.subsection(descriptor.id + ", " + descriptor.kind);
      add_descriptor(page, module, descriptor);
    }
  } catch (const std::exception& error) {
    throw std::runtime_error("the schema of module " + module.name +
                             " cannot be read: " + error.what());
  }
  page.section("FILES");
  page.item(module.name + ".so", "The module, in modulePath; version " +
                                     module.descriptors.front().version + ", needs module ABI " +
                                     module.abi + '.');
  page.section("SEE ALSO");
  page.paragraph("limen(8), limen.yaml(5)");
  return {name + ".7", page.text()};
}

}  // namespace limen::app
