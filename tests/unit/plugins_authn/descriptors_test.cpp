// What the bundled authenticators say of themselves.

#include <gtest/gtest.h>

#include "support.h"

namespace limen::plugins {
namespace {

class Descriptor : public testing::TestWithParam<const char*> {};

TEST_P(Descriptor, NamesThePluginAsItsFileIsNamed) {
  const limen_descriptor& descriptor = test::module(GetParam()).descriptor();
  EXPECT_STREQ(descriptor.id, GetParam());
  EXPECT_STREQ(descriptor.kind, LIMEN_KIND_AUTHENTICATOR);
  ASSERT_NE(descriptor.version, nullptr);
  ASSERT_NE(descriptor.summary, nullptr);
  // The file of service-account holds the admission controller of that name as well.
  const std::uint32_t plugins = descriptor.id == std::string_view("service-account") ? 2 : 1;
  EXPECT_EQ(test::module(GetParam()).factory().count, plugins);
}

TEST_P(Descriptor, HasASchemaInWhichEveryKeyIsExplained) {
  const char* const text = test::module(GetParam()).descriptor().config_schema;
  if (text == nullptr) return;  // takes no config
  const testkit::Json schema = boost::json::parse(text);
  EXPECT_EQ(schema.at("type"), testkit::Json("object"));
  for (const auto& property : schema.at("properties").as_object()) {
    EXPECT_TRUE(property.value().as_object().contains("description")) << property.key();
  }
}

TEST_P(Descriptor, SaysThatItNeverBlocks) {
  EXPECT_EQ(test::module(GetParam()).descriptor().flags & LIMEN_MAY_BLOCK, 0u);
}

INSTANTIATE_TEST_SUITE_P(Bundled, Descriptor,
                         testing::Values("anonymous", "bootstrap-token", "password-file",
                                         "request-header", "service-account", "token-file",
                                         "webhook-token", "x509"));

}  // namespace
}  // namespace limen::plugins
