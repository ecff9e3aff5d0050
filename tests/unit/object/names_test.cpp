#include "object/names.h"

#include <gtest/gtest.h>

namespace limen::object {
namespace {

TEST(Names, AcceptWhatTheirFormatsAllow) {
  for (const char* text : {"a", "0", "a-b", "123-abc"}) {
    EXPECT_TRUE(dns1123_label(text).empty()) << text;
  }
  for (const char* text : {"a.b", "example.com", "0.a-b"}) {
    EXPECT_TRUE(dns1123_subdomain(text).empty()) << text;
  }
  for (const char* text : {"a", "example.com/a_B.c-1", "A"}) {
    EXPECT_TRUE(qualified_name(text).empty()) << text;
  }
  for (const char* text : {"", "a", "A_b.c-1"}) EXPECT_TRUE(label_value(text).empty()) << text;
  for (const char* text : {"http", "a-1"}) EXPECT_TRUE(port_name(text).empty()) << text;
  for (const char* text : {"key.name", "_", ".hidden"}) {
    EXPECT_TRUE(config_map_key(text).empty()) << text;
  }
  EXPECT_TRUE(path_segment_name("system:admin").empty());
  EXPECT_TRUE(wildcard_dns1123_subdomain("*.foo.com").empty());
}

TEST(Names, RefuseWhatTheirFormatsForbid) {
  for (const char* text : {"", "-a", "a-", "A", "a_b", "a.b", "a b"}) {
    EXPECT_FALSE(dns1123_label(text).empty()) << text;
  }
  for (const char* text : {"", ".a", "a.", "a..b", "A.b", "a.-b"}) {
    EXPECT_FALSE(dns1123_subdomain(text).empty()) << text;
  }
  for (const char* text : {"", "1a", "a.b"}) EXPECT_FALSE(dns1035_label(text).empty()) << text;
  for (const char* text : {"", "/a", "a/", "a/b/c", "-a", "A.com/x"}) {
    EXPECT_FALSE(qualified_name(text).empty()) << text;
  }
  for (const char* text : {"-a", "a b", "a/b"}) EXPECT_FALSE(label_value(text).empty()) << text;
  for (const char* text : {"", "80", "a--b", "-a", "A", "sixteen-letters-x"}) {
    EXPECT_FALSE(port_name(text).empty()) << text;
  }
  for (const char* text : {"", "a b", ".", "..", "..a", "a/b"}) {
    EXPECT_FALSE(config_map_key(text).empty()) << text;
  }
  for (const char* text : {".", "..", "a/b", "a%b"}) {
    EXPECT_FALSE(path_segment_name(text).empty()) << text;
  }
  for (const char* text : {"", "a=b", "a\nb"}) EXPECT_FALSE(env_var_name(text).empty()) << text;
  for (const char* text : {"foo.com", "*.*.com", "*"}) {
    EXPECT_FALSE(wildcard_dns1123_subdomain(text).empty()) << text;
  }
}

TEST(Names, HoldTheirLengthLimitsAtTheEdge) {
  EXPECT_TRUE(dns1123_label(std::string(63, 'a')).empty());
  EXPECT_EQ(dns1123_label(std::string(64, 'a')), Problems{"must be no more than 63 bytes"});
  std::string subdomain;
  while (subdomain.size() < 252) subdomain += "a.";
  EXPECT_TRUE(dns1123_subdomain(subdomain + "a").empty());
  EXPECT_EQ(dns1123_subdomain(subdomain + "aa"), Problems{"must be no more than 253 bytes"});
  EXPECT_TRUE(label_value(std::string(63, 'a')).empty());
  EXPECT_FALSE(label_value(std::string(64, 'a')).empty());
  EXPECT_TRUE(port_name(std::string(15, 'a')).empty());
  EXPECT_FALSE(port_name(std::string(16, 'a')).empty());
  EXPECT_TRUE(port_number(1).empty());
  EXPECT_TRUE(port_number(65535).empty());
  EXPECT_EQ(port_number(0), Problems{"must be between 1 and 65535, inclusive"});
  EXPECT_FALSE(port_number(65536).empty());
}

TEST(Names, AreRefusedInKubernetesWords) {
  EXPECT_EQ(
      dns1123_subdomain("X"),
      Problems{"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
               "characters, '-' or '.', and must start and end with an alphanumeric character "
               "(e.g. 'example.com', regex used for validation is "
               "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"});
  EXPECT_EQ(dns1123_label("X"),
            Problems{"a lowercase RFC 1123 label must consist of lower case alphanumeric "
                     "characters or '-', and must start and end with an alphanumeric character "
                     "(e.g. 'my-name',  or '123-abc', regex used for validation is "
                     "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"});
  EXPECT_EQ(dns1123_label("a.b"), Problems{"must not contain dots"});
  EXPECT_EQ(path_segment_name("a/b"), Problems{"may not contain '/'"});
}

}  // namespace
}  // namespace limen::object
