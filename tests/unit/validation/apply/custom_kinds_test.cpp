// Server-side apply of custom kinds: the schema says what is owned as a whole and what by its
// parts.
#include "unit/validation/apply/support.h"

namespace limen::validation::apply {

namespace {

const catalog::Schema& schema() {
  static const catalog::Schema kSchema = catalog::compile_schema(yaml(R"(
type: object
properties:
  spec:
    type: object
    properties:
      size: {type: integer}
      plain: {type: array, items: {type: string}}
      names: {type: array, x-kubernetes-list-type: set, items: {type: string}}
      ports:
        type: array
        x-kubernetes-list-type: map
        x-kubernetes-list-map-keys: [port, protocol]
        items:
          type: object
          required: [port]
          properties:
            port: {type: integer}
            protocol: {type: string, default: UDP}
            note: {type: string}
      whole: {type: object, x-kubernetes-map-type: atomic, properties: {a: {type: string}, b: {type: string}}}
      texts: {type: object, additionalProperties: {type: string}}
      free: {type: object, x-kubernetes-preserve-unknown-fields: true}
      some: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: string}}}
      either: {x-kubernetes-int-or-string: true}
      template:
        type: object
        x-kubernetes-embedded-resource: true
        properties: {spec: {type: object, properties: {x: {type: string}}}}
)"));
  return kSchema;
}

class CustomVersion final : public Versions {
 public:
  bool find(std::string_view, Model& model) const override {
    model = &schema();
    return true;
  }
  bool same_shape(std::string_view, std::string_view) const override { return true; }
  object::Json convert(const object::Json& object, std::string_view,
                       std::string_view) const override {
    return object::mutable_copy(object);
  }
};

class CustomApply : public testing::Test {
 protected:
  // The text of the conflict, "" when there is none.
  std::string apply(const std::string& manager, std::string_view config, bool force = false) {
    const Writer writer{manager, "example.com/v1", "", "2026-01-01T00:00:00Z", &versions_, nullptr};
    Managers after = managers_;
    try {
      object_ = apply_config(after, object_, yaml(config), writer, force, nullptr);
    } catch (const Conflicts& conflicts) {
      return conflicts.message();
    }
    managers_ = std::move(after);
    return {};
  }
  std::string spec() const { return object::to_json(object_.at("spec")); }
  std::string fields(std::string_view name) const {
    for (const Manager& manager : managers_) {
      if (manager.name == name) return base::join(manager.fields.paths(), " ");
    }
    return "nothing";
  }
  static std::string faults(std::string_view config) {
    return base::join(faults_of(yaml(config), &schema()), "|");
  }

  CustomVersion versions_;
  Managers managers_;
  object::Json object_ = boost::json::object();
};

}  // namespace

TEST_F(CustomApply, TwoManagersShareAListWithKeys) {
  EXPECT_EQ(apply("a", "{spec: {ports: [{port: 1, note: x}]}}"), "");
  EXPECT_EQ(apply("b", "{spec: {ports: [{port: 2}]}}"), "");
  EXPECT_EQ(spec(), R"({"ports":[{"port":1,"note":"x"},{"port":2}]})");
  EXPECT_EQ(fields("a"), R"(.spec.ports[port=1,protocol="UDP"] )"
                         R"(.spec.ports[port=1,protocol="UDP"].note )"
                         R"(.spec.ports[port=1,protocol="UDP"].port)");
  EXPECT_EQ(apply("b", "{spec: {ports: [{port: 1, note: w}]}}"),
            "Apply failed with 1 conflict: conflict with \"a\": "
            ".spec.ports[port=1,protocol=\"UDP\"].note");
  EXPECT_EQ(apply("a", "{spec: {ports: []}}"), "");
  EXPECT_EQ(spec(), R"({"ports":[{"port":2}]})");
}

TEST_F(CustomApply, ASetIsSharedByItsValues) {
  EXPECT_EQ(apply("a", "{spec: {names: [v, w]}}"), "");
  EXPECT_EQ(apply("b", "{spec: {names: [w, z]}}"), "");
  EXPECT_EQ(spec(), R"({"names":["v","w","z"]})");
  EXPECT_EQ(fields("b"), R"(.spec.names[="w"] .spec.names[="z"])");
  EXPECT_EQ(apply("a", "{spec: {}}"), "");
  EXPECT_EQ(spec(), R"({"names":["w","z"]})");
}

TEST_F(CustomApply, AListThatSaysNothingIsOneValue) {
  EXPECT_EQ(apply("a", "{spec: {plain: [x]}}"), "");
  EXPECT_EQ(fields("a"), ".spec.plain");
  EXPECT_EQ(apply("b", "{spec: {plain: [w]}}"),
            "Apply failed with 1 conflict: conflict with \"a\": .spec.plain");
}

TEST_F(CustomApply, AnAtomicObjectIsOneValueAndAMapIsNot) {
  EXPECT_EQ(apply("a", "{spec: {whole: {a: x}, texts: {k: v}}}"), "");
  EXPECT_EQ(fields("a"), ".spec.texts.k .spec.whole");
  EXPECT_EQ(apply("b", "{spec: {texts: {l: w}}}"), "");
  EXPECT_EQ(apply("b", "{spec: {whole: {b: x}}}"),
            "Apply failed with 1 conflict: conflict with \"a\": .spec.whole");
  EXPECT_EQ(apply("b", "{spec: {whole: {b: x}}}", true), "");
  EXPECT_EQ(spec(), R"({"whole":{"b":"x"},"texts":{"k":"v"}})");
}

TEST_F(CustomApply, MetadataIsThatOfEveryObject) {
  EXPECT_EQ(apply("a",
                  "{metadata: {labels: {x: w}, finalizers: [f]}, spec: {template: {metadata: "
                  "{labels: {t: u}}, spec: {x: z}}}}"),
            "");
  EXPECT_EQ(fields("a"), R"(.metadata.finalizers[="f"] .metadata.labels.x )"
                         ".spec.template.metadata.labels.t .spec.template.spec.x");
}

TEST_F(CustomApply, WhatTheSchemaDoesNotDeclareIsAFault) {
  EXPECT_EQ(faults("{spec: {size: 1, either: a, free: {any: {thing: 1}}, some: {other: 1}}}"), "");
  EXPECT_EQ(faults("{spec: {odd: 1}, other: 1}"),
            ".spec.odd: field not declared in schema|.other: field not declared in schema");
  EXPECT_EQ(faults("{spec: {ports: [{port: 1, odd: 2}]}}"),
            ".spec.ports[port=1,protocol=\"UDP\"].odd: field not declared in schema");
  EXPECT_EQ(faults("{spec: {size: big, names: x, plain: {}}}"),
            ".spec.size: expected numeric (int or float), got string|"
            ".spec.names: expected list, got string|.spec.plain: expected list, got map");
}

TEST_F(CustomApply, KeysAreThereOnce) {
  EXPECT_EQ(faults("{spec: {ports: [{note: x}]}}"),
            ".spec.ports: element 0: associative list with keys has an element that omits key "
            "field \"port\" (and doesn't have default value)");
  EXPECT_EQ(faults("{spec: {ports: [{port: 1}, {port: 1, protocol: UDP}], names: [a, a]}}"),
            ".spec.ports: duplicate entries for key [port=1,protocol=\"UDP\"]|"
            ".spec.names: duplicate entries for key [=\"a\"]");
}

}  // namespace limen::validation::apply
