// Reads types/*.txt: packages, types, fields.
#include "type_tables.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lines.h"

namespace limen::catalog::tools {
namespace {

// The package's name as OpenAPI writes it.
std::string full_package(const std::string& package) {
  if (package.starts_with("apis.meta.") || package == "api.resource" || package == "runtime" ||
      package == "util.intstr" || package == "version") {
    return "io.k8s.apimachinery.pkg." + package;
  }
  if (package.starts_with("apiextensions.")) {
    return "io.k8s.apiextensions-apiserver.pkg.apis." + package;
  }
  if (package.starts_with("apiregistration.")) return "io.k8s.kube-aggregator.pkg.apis." + package;
  return "io.k8s.api." + package;
}

std::string plain_scalar(const std::string& text) {
  if (text == "double") return "float64";
  static constexpr std::string_view kPlain[] = {"string", "boolean", "int32", "int64", "bytes"};
  return std::find(std::begin(kPlain), std::end(kPlain), text) != std::end(kPlain) ? text : "";
}

void read_attribute(const Line& line, TypeRow& type) {
  const std::string& name = line.words[0];
  if (line.words.size() < 2) line.fail("the attribute " + name + " needs a value");
  const std::string& value = line.words[1];
  if (name == "@gvk") {
    const std::vector<std::string> parts = split_text(value, '/');
    if (parts.size() != 3) line.fail("@gvk wants GROUP/VERSION/KIND");
    type.group = parts[0];
    type.version = parts[1];
    type.kind = parts[2];
  } else if (name == "@map") {
    if (value != "atomic") line.fail("@map wants atomic");
    type.atomic = true;
  } else if (name == "@scalar") {
    if (value == "any" || value == "raw") {
      type.scalar = "any";
    } else if (value == "time" || value == "quantity") {
      type.scalar = value;
    } else if (value == "int-or-string") {
      type.scalar = "int_or_string";
    } else {
      line.fail("no such scalar: " + value);
    }
  } else if (name == "@unions") {
    type.unions = line.rest_after(1);
  } else {
    line.fail("no such attribute: " + name);
  }
}

// Takes list and map marks off the written type.
void read_type_text(std::string text, FieldRow& field) {
  if (text.starts_with('[') && text.ends_with(']')) {
    field.shape = "list";
    text = text.substr(1, text.size() - 2);
  } else if (text.starts_with("map<") && text.ends_with('>')) {
    field.shape = "map";
    text = text.substr(4, text.size() - 5);
    if (text.starts_with('[') && text.ends_with(']')) {
      field.map_of_lists = true;
      text = text.substr(1, text.size() - 2);
    }
  }
  field.type_text = text;
}

void read_patch_flag(const Line& line, const std::string& value, FieldRow& field) {
  for (const std::string& strategy : split_text(value, '+')) {
    if (strategy == "merge") {
      field.patch_merge = true;
    } else if (strategy == "retainKeys") {
      field.patch_retain_keys = true;
    } else if (strategy == "replace") {
      field.patch_replace = true;
    } else {
      line.fail("no such patch strategy: " + strategy);
    }
  }
}

// `#5`, or `#2.5` for field 5 of the message embedded as field 2, or one level more.
void read_number(const Line& line, const std::string& word, FieldRow& field) {
  const std::vector<std::string> parts = split_text(word.substr(1), '.');
  if (parts.empty() || parts.size() > field.within.size() + 1) {
    line.fail("no protobuf number: " + word);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::uint16_t number = 0;
    const char* end = parts[i].data() + parts[i].size();
    const auto [stop, error] = std::from_chars(parts[i].data(), end, number);
    if (error != std::errc() || stop != end || number == 0) {
      line.fail("no protobuf number: " + word);
    }
    (i + 1 < parts.size() ? field.within[i] : field.number) = number;
  }
}

void read_flag(const Line& line, const std::string& word, FieldRow& field) {
  if (word == "required") {
    field.required = true;
    return;
  }
  if (word == "keepzero") {
    field.keep_zero = true;
    return;
  }
  if (word.starts_with('#')) {
    read_number(line, word, field);
    return;
  }
  const std::size_t equals = word.find('=');
  const std::string key = word.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  if (key == "patch") {
    read_patch_flag(line, value, field);
  } else if (key == "patchkey") {
    field.patch_merge_key = value;
  } else if (key == "keys") {
    field.list_map_keys = split_text(value, '+');
  } else if (key == "list" && (value == "atomic" || value == "set" || value == "map")) {
    field.list_type = value;
  } else if (key == "map" && value == "atomic") {
    field.atomic_map = true;
  } else if (key == "map" && value == "granular") {
    field.granular_map = true;
  } else {
    line.fail("no such flag: " + word);
  }
}

FieldRow read_field(const Line& line) {
  if (line.words.size() < 2) line.fail("a field wants a name and a type");
  FieldRow field;
  field.name = line.words[0];
  field.line = line.number;
  read_type_text(line.words[1], field);
  for (std::size_t i = 2; i < line.words.size(); ++i) read_flag(line, line.words[i], field);
  if ((field.list_type == "map") == field.list_map_keys.empty()) {
    line.fail("list=map and keys= go together");
  }
  return field;
}

void resolve_field(const std::vector<TypeRow>& types, const TypeRow& owner, FieldRow& field) {
  field.scalar = plain_scalar(field.type_text);
  if (!field.scalar.empty()) return;
  const std::size_t dot = field.type_text.rfind('.');
  const std::string wanted =
      dot == std::string::npos
          ? full_package(owner.package) + "." + field.type_text
          : full_package(field.type_text.substr(0, dot)) + field.type_text.substr(dot);
  field.type = find_type_row(types, wanted);
  if (field.type == kNoType) throw TableError(owner.file, field.line, "no such type: " + wanted);
  field.scalar = types[field.type].scalar;
}

void finish_type(const Line& line, TypeRow& type) {
  std::sort(type.fields.begin(), type.fields.end(),
            [](const FieldRow& a, const FieldRow& b) { return a.name < b.name; });
  for (std::size_t i = 1; i < type.fields.size(); ++i) {
    if (type.fields[i].name == type.fields[i - 1].name) {
      line.fail(type.name + " has two fields " + type.fields[i].name);
    }
  }
}

void read_package(const std::filesystem::path& path, std::vector<TypeRow>& types) {
  const std::vector<Line> lines = read_lines(path);
  std::string package;
  for (const Line& line : lines) {
    if (line.words[0] == "package" && line.words.size() == 2 && package.empty()) {
      package = line.words[1];
    } else if (!line.indented && line.words[0] == "type" && line.words.size() == 2) {
      if (package.empty()) line.fail("a type before its package");
      TypeRow type;
      type.package = package;
      type.name = line.words[1];
      type.full_name = full_package(package) + "." + type.name;
      type.file = path.string();
      types.push_back(std::move(type));
    } else if (line.indented && !types.empty() && types.back().package == package) {
      if (line.words[0].starts_with('@')) {
        read_attribute(line, types.back());
      } else {
        types.back().fields.push_back(read_field(line));
      }
    } else {
      line.fail("wants: package NAME, type NAME, or an indented attribute or field");
    }
  }
  for (TypeRow& type : types) {
    if (type.package == package) finish_type(lines.back(), type);
  }
}

}  // namespace

std::size_t find_type_row(const std::vector<TypeRow>& types, const std::string& full_name) {
  const auto found = std::lower_bound(
      types.begin(), types.end(), full_name,
      [](const TypeRow& type, const std::string& name) { return type.full_name < name; });
  if (found == types.end() || found->full_name != full_name) return kNoType;
  return static_cast<std::size_t>(found - types.begin());
}

std::size_t find_type_row(const std::vector<TypeRow>& types, const std::string& package,
                          const std::string& name) {
  return find_type_row(types, full_package(package) + "." + name);
}

std::vector<TypeRow> read_types(const std::filesystem::path& folder) {
  std::vector<TypeRow> types;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") read_package(entry.path(), types);
  }
  std::sort(types.begin(), types.end(),
            [](const TypeRow& a, const TypeRow& b) { return a.full_name < b.full_name; });
  for (std::size_t i = 1; i < types.size(); ++i) {
    if (types[i].full_name == types[i - 1].full_name) {
      throw TableError(types[i].file, 1, "the type is there twice: " + types[i].full_name);
    }
  }
  for (TypeRow& type : types) {
    for (FieldRow& field : type.fields) resolve_field(types, type, field);
  }
  return types;
}

}  // namespace limen::catalog::tools
