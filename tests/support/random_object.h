// Random objects that fit a type of the catalog, in the form `validation::conform` leaves: every
// scalar in its canonical text, nothing null, nothing empty, no zero that protobuf cannot tell from
// absence. What decides is a Choices. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/strings.h"
#include "catalog/catalog.h"
#include "object/document.h"
#include "object/metadata.h"
#include "support/choices.h"

namespace limen::test {

class RandomObject {
 public:
  explicit RandomObject(Choices& choices) : choices_(choices) {}

  // An object of `type` without apiVersion and kind; the required members and some of the others.
  object::Json of(const catalog::Type& type) { return structure(type, 0); }

  // A whole object of the resource, named.
  object::Json of(const catalog::Resource& resource) {
    object::Json made = of(*resource.type);
    object::set_type(made, object::group_version(resource.group, resource.version), resource.kind);
    object::set_metadata(made, "name", "x");
    return made;
  }

  // A value of the field: one, a list or a map.
  object::Json of(const catalog::Field& field, int depth = 0) {
    switch (field.shape) {
      case catalog::Shape::single:
        return one(field, depth);
      case catalog::Shape::list:
        return list(field, depth);
      case catalog::Shape::map:
        break;
    }
    boost::json::object map;
    for (std::size_t count = 1 + choices_.pick(3); count > 0; --count) {
      map[text()] = field.map_of_lists ? list(field, depth) : one(field, depth);
    }
    return map;
  }

 private:
  static constexpr int kDeepest = 9;

  object::Json list(const catalog::Field& field, int depth) {
    boost::json::array list;
    for (std::size_t count = 1 + choices_.pick(2); count > 0; --count) {
      list.push_back(one(field, depth));
    }
    return list;
  }

  object::Json structure(const catalog::Type& type, int depth) {
    boost::json::object made;
    for (const catalog::Field& field : type.fields) {
      if (field.number == 0) continue;  // apiVersion and kind
      const bool nests = field.scalar == catalog::Scalar::object;
      if (nests && depth >= kDeepest) continue;
      const std::size_t rarity = depth < 2 ? 2 : static_cast<std::size_t>(depth) + 2;
      if (!field.required && !choices_.one_in(rarity)) continue;
      made[boost::json::string_view(field.name.data(), field.name.size())] = of(field, depth);
    }
    return made;
  }

  object::Json one(const catalog::Field& field, int depth) {
    using catalog::Scalar;
    switch (field.scalar) {
      case Scalar::object:
        return field.type ? structure(*field.type, depth + 1) : object::Json(boost::json::object());
      case Scalar::string:
        return boost::json::string(text());
      case Scalar::boolean:
        return !field.keep_zero || choices_.one_in(2);
      case Scalar::int32:
        return choices_.of<std::int64_t>({1, -1, 80, 2147483647, -2147483648LL});
      case Scalar::int64:
        return choices_.of<std::int64_t>(
            {1, -1, 300, 9007199254740993, 9223372036854775807, -9223372036854775807});
      case Scalar::float64:
        return choices_.of<double>({1.5, -0.25, 3, 1e21, 5e-324});
      case Scalar::bytes:
        return boost::json::string(base::base64_encode(
            choices_.of<std::string>({"a", std::string("\0\xFF\x80", 3), "some bytes"})));
      case Scalar::time:
        return boost::json::string(
            field.named && field.named->name.ends_with("MicroTime")
                ? choices_.of<std::string>(
                      {"2026-01-02T03:04:05.000006Z", "1969-12-31T23:59:59.999999Z"})
                : choices_.of<std::string>({"2026-01-02T03:04:05Z", "1969-12-31T23:59:59Z",
                                            "1700-02-28T00:00:00Z", "2024-02-29T12:00:00Z"}));
      case Scalar::quantity:
        return boost::json::string(
            choices_.of<std::string>({"0", "100m", "1", "1500m", "64Mi", "1Gi", "10k", "-3"}));
      case Scalar::int_or_string:
        if (choices_.one_in(2)) return boost::json::string("25%");
        return choices_.of<std::int64_t>({1, 8080, -1});
      case Scalar::any:
        return anything(field, depth);
    }
    return nullptr;
  }

  // Arbitrary JSON, and apiextensions' unions.
  object::Json anything(const catalog::Field& field, int depth) {
    const std::string_view name = field.named ? field.named->name : std::string_view();
    if (name.find("JSONSchemaPropsOr") != std::string_view::npos) return schema(name, depth);
    if (name.ends_with("FieldsV1")) {
      return boost::json::parse(R"({"f:data":{".":{},"f:k":{}},"f:list":{"k:{\"a\":\"b\"}":{}}})");
    }
    if (!name.ends_with("RawExtension") && choices_.one_in(2)) {
      return boost::json::parse(choices_.of<std::string>({"1", "\"text\"", "[1,\"a\"]", "true"}));
    }
    return boost::json::parse(
        R"({"apiVersion":"example.com/v1","kind":"Thing","x":[1,2.5,null,"t",true,{}],"y":{"z":-7}})");
  }

  object::Json schema(std::string_view name, int depth) {
    const catalog::Type* type = catalog::find_type(
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
    if (name.ends_with("OrBool") && choices_.one_in(2)) return choices_.one_in(2);
    if (name.ends_with("OrStringArray") && choices_.one_in(2)) {
      return boost::json::array{"one", "two"};
    }
    return structure(*type, depth + 4);
  }

  // Texts that are easily taken for something else.
  std::string text() {
    return choices_.of<std::string>({"a",          "example.com/b",
                                     "yes",        "1e3",
                                     "0x1f",       "null",
                                     "~",          "- x",
                                     "a: b",       "# c",
                                     " lead",      "trail ",
                                     "2001-01-01", "<<",
                                     "=",          "|",
                                     "two\nlines", "tab\there",
                                     "\"q\"",      "back\\slash",
                                     "it's",       "\xC3\xBC\xF0\x9F\x98\x80",
                                     "*alias",     "&anchor",
                                     "!tag",       "{x}",
                                     "[y]",        "%z",
                                     "@at",        "`tick",
                                     "on",         "0o17",
                                     "1_000",      ".inf",
                                     "12:30:45",   "-",
                                     "?",          ":",
                                     "\x01\x7F",   "\xE2\x80\xA8",
                                     "--- d",      "...",
                                     "00",         "1.",
                                     "+1",         "<&>"});
  }

  Choices& choices_;
};

}  // namespace limen::test
