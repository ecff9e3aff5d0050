#include "app/manual.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "app/commands.h"
#include "app/roff.h"
#include "config/reference.h"
#include "controllers/names.h"

namespace limen::app {
namespace {

const Edition kEdition{"1.2.3", "2026-01-31"};

bool holds(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

// Every line that begins like a request is one of those the pages use, and all is ASCII.
void expect_clean(const ManualPage& page) {
  static constexpr std::string_view kRequests[] = {".TH ", ".SH ", ".SS ",  ".PP", ".TP",
                                                   ".IP",  ".RS",  ".RE",   ".nf", ".fi",
                                                   ".nh",  ".ad",  ".\\\" "};
  std::istringstream lines(page.text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= 32 && c < 127; }))
        << page.file << ": " << line;
    if (!line.starts_with('.') && !line.starts_with('\'')) continue;
    EXPECT_TRUE(std::any_of(std::begin(kRequests), std::end(kRequests),
                            [&](std::string_view request) { return line.starts_with(request); }))
        << page.file << ": " << line;
  }
}

modules::ModuleReport badge() {
  modules::DescriptorInfo descriptor;
  descriptor.id = "badge";
  descriptor.kind = "limen.authorizer/1";
  descriptor.version = "2.0.0";
  descriptor.summary = "Asks the porter.";
  descriptor.config_schema = R"json({
    "type": "object",
    "required": ["porter"],
    "properties": {
      "porter": {"type": "string", "minLength": 1, "description": "Who is asked; .hidden is nobody's name."},
      "attempts": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
      "doors": {"type": "array", "maxItems": 4, "items": {"type": "object", "required": ["number"],
        "properties": {"number": {"type": ["integer", "string"]},
                       "colour": {"enum": ["red", "blue"], "default": "red"}}}},
      "floors": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^[a-z]+$"}}
    }
  })json";
  modules::ModuleReport report;
  report.name = "badge";
  report.abi = "1.0";
  report.descriptors = {descriptor};
  return report;
}

TEST(RoffTest, WhatRoffWouldTakeForItsOwnIsEscaped) {
  EXPECT_EQ(roff_escape("a-b \\ 'c' `d` ^e ~f"), "a\\-b \\e \\(aqc\\(aq \\(gad\\(ga \\(hae \\(tif");
  Roff page("x", 1, "", "", "");
  page.paragraph(".so evil and\n'tricks too");
  EXPECT_TRUE(holds(page.text(), "\n\\&.so evil and \\(aqtricks too\n")) << page.text();
  page.example(".so evil\n'br");
  EXPECT_TRUE(holds(page.text(), "\n\\&.so evil\n\\(aqbr\n")) << page.text();
}

TEST(RoffTest, PlacesInATermAreInItalics) {
  Roff page("x", 1, "", "", "");
  page.item("-c, --config <FILE>", "It.");
  EXPECT_TRUE(holds(page.text(), ".TP\n\\fB\\-c, \\-\\-config \\fR\\fIFILE\\fR\nIt.\n"))
      << page.text();
}

TEST(RoffTest, ProseHasParagraphsAndExamples) {
  Roff page("x", 1, "", "", "");
  page.prose("One\nline.\n\n  limen a\n  limen b\n\nTwo.");
  EXPECT_TRUE(holds(page.text(),
                    ".PP\nOne line.\n.PP\n.RS 4\n.nf\nlimen a\nlimen b\n.fi\n.RE\n.PP\nTwo.\n"))
      << page.text();
}

TEST(ManualTest, TheProgramsPageHasEveryVerbAndOption) {
  const ManualPage page = program_page(all_commands(), kEdition);
  EXPECT_EQ(page.file, "limen.8");
  EXPECT_TRUE(
      page.text.starts_with(".\\\" Made by limen man; do not edit.\n.TH \"LIMEN\" \"8\" "
                            "\"2026\\-01\\-31\" \"Limen 1.2.3\""));
  for (const Command& command : all_commands()) {
    const std::string head = ".SS \"limen " + std::string(command.name);
    EXPECT_EQ(holds(page.text, head), !command.hidden) << command.name;
    if (command.hidden) continue;
    for (const OptionSpec& option : command.options) {
      EXPECT_TRUE(holds(page.text, roff_escape("--" + std::string(option.name)))) << option.name;
    }
  }
  expect_clean(page);
}

TEST(ManualTest, TheConfigurationsPageHasEveryKeyAndModule) {
  const ManualPage page = configuration_page({badge()}, kEdition);
  EXPECT_EQ(page.file, "limen.yaml.5");
  for (const config::KeyReference& key : config::key_reference()) {
    const std::string path(key.text->path);
    EXPECT_TRUE(
        holds(page.text, key.section ? ".SS \"" + path + "\"\n" : "\n\\fB" + path + "\\fR\n"))
        << path;
  }
  EXPECT_TRUE(
      holds(page.text, "Whole number, 1 to 65535.\nDefault: 6443.\nFlag: \\-\\-secure\\-port.\n"))
      << page.text;
  EXPECT_TRUE(holds(page.text, "\\fBlimen\\-badge(7)\\fR\nAsks the porter.\n"));
  expect_clean(page);
}

TEST(ManualTest, AModulesPageHasEveryKeyOfItsSchema) {
  const ManualPage page = module_page(badge(), kEdition);
  EXPECT_EQ(page.file, "limen-badge.7");
  for (const char* part :
       {"limen\\-badge \\- Asks the porter\n",
        "\\fBporter\\fR\nWho is asked; .hidden is nobody\\(aqs name.\n.IP\nText, not empty; "
        "required.\n",
        "\\fBattempts\\fR\nWhole number, 1 to 9; default 3.\n",
        "\\fBdoors\\fR\nList of maps, at most 4 items; default none.\n",
        "\\fBdoors[].number\\fR\nWhole number or text; required.\n",
        "\\fBdoors[].colour\\fR\nValue, one of red, blue; default red.\n",
        "\\fBfloors.\\fR\\fINAME\\fR\nText, matching \\(ha[a\\-z]+$; default none.\n",
        "authorizers:\n  \\- name: badge\n    config: {porter: ...}\n"}) {
    EXPECT_TRUE(holds(page.text, part)) << part << "\nis missing in\n" << page.text;
  }
  expect_clean(page);
}

TEST(ManualTest, AModuleWithoutConfigSaysSo) {
  modules::ModuleReport report = badge();
  report.descriptors[0].config_schema.clear();
  EXPECT_TRUE(holds(module_page(report, kEdition).text, "It takes no config."));
  report.descriptors[0].config_schema = "{";
  EXPECT_THROW(module_page(report, kEdition), std::runtime_error);
}

TEST(ManualTest, TheWordsOnControllersNameEveryController) {
  for (const config::KeyReference& key : config::key_reference()) {
    if (key.text->path != "controllers") continue;
    for (const std::string& name : controllers::controller_names()) {
      EXPECT_NE(key.text->text.find(name), std::string_view::npos) << name;
    }
  }
}

}  // namespace
}  // namespace limen::app
