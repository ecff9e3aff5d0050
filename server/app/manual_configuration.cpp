// limen.yaml(5).
#include "app/manual.h"
#include "app/roff.h"
#include "config/reference.h"

namespace limen::app {

namespace {

std::string kind_line(const config::KeyReference& key) {
  std::string out = key.type;
  if (!key.bounds.empty()) out += ", " + key.bounds;
  if (!key.text->unit.empty()) out += ' ' + std::string(key.text->unit);
  out += ". Default: ";
  out += key.fallback.empty() ? "none" : key.fallback;
  out += '.';
  if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

void add_key(Roff& page, std::string_view term, const config::KeyReference& key) {
  page.item(term, key.text->text);
  std::string line = kind_line(key);
  if (!key.text->flag.empty()) line += " Flag: " + std::string(key.text->flag) + '.';
  page.more(line);
}

void add_entries(Roff& page, std::string_view begin) {
  for (const config::KeyReference& key : config::entry_reference()) {
    const std::string_view path = key.text->path;
    if (path.starts_with(begin)) add_key(page, path.substr(begin.size()), key);
  }
}

}  // namespace

ManualPage configuration_page(const std::vector<modules::ModuleReport>& modules,
                              const Edition& edition) {
  Roff page("limen.yaml", 5, edition.date, "Limen " + edition.version, "Limen");
  page.name("limen.yaml", "configuration of the API server limen");
  page.section("DESCRIPTION");
  page.paragraph(
      "One YAML document that begins with apiVersion and kind. Every key may be left out. An "
      "unknown key, a value of the wrong type or out of range, a module that is not there: each "
      "is a refusal with file, line and column, and limen check tells all of them at once. "
      "Durations are written 500ms, 30s, 5m, 1h; relative paths count from the folder the "
      "server was started in. What looks like yes, no, on or off is text and not true or false.");
  page.example(
      "apiVersion: config.limen.io/v1\n"
      "kind: ServerConfiguration\n"
      "authenticators:\n"
      "  - name: x509\n"
      "    config: {clientCAFile: /var/lib/limen/pki/ca.crt}\n"
      "authorizers:\n"
      "  - name: rbac");
  page.section("KEYS");
  page.item("apiVersion", "config.limen.io/v1; it must be given.");
  page.item("kind", "ServerConfiguration; it must be given.");
  for (const config::KeyReference& key : config::key_reference()) {
    const std::string_view path = key.text->path;
    if (key.section) {
      page.subsection(path);
      page.paragraph(key.text->text);
      continue;
    }
    // A key that belongs to none of the sections ends the one before.
    if (path.find('.') == std::string_view::npos) page.subsection(path);
    add_key(page, path, key);
  }
  page.section("ENTRIES OF MODULES");
  page.paragraph(
      "The keys of one entry of authenticators, authorizers and admission, and of storage.");
  add_entries(page, "entry.");
  page.section("SERVING CERTIFICATES BY NAME");
  page.paragraph("The keys of one entry of secure.sniCertificates.");
  add_entries(page, "sni.");
  page.section("MODULES");
  page.paragraph("Those that come with Limen:");
  for (const modules::ModuleReport& module : modules) {
    page.item("limen-" + module.name + "(7)", module_summary(module) + '.');
  }
  page.section("FILES");
  page.item("/etc/limen/limen.yaml", "Read when no other file is named.");
  page.item("/usr/share/doc/limen/limen.yaml", "Every option with its default, to copy from.");
  page.section("SEE ALSO");
  page.paragraph("limen(8)");
  return {"limen.yaml.5", page.text()};
}

}  // namespace limen::app
