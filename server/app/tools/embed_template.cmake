# cmake -DFOLDER=sdk/template -DOUTPUT=skeleton_template.cpp -P embed_template.cmake
# Writes the files of the SDK's template into a C++ file, so that `limen modules new` needs no other file.
set(content "// Made from sdk/template.\n#include \"app/skeleton.h\"\n\nnamespace limen::app {\n\n")
string(APPEND content "const std::vector<TemplateFile>& template_files() {\n")
string(APPEND content "  static const std::vector<TemplateFile> files = {\n")
file(GLOB files RELATIVE ${FOLDER} ${FOLDER}/CMakeLists.txt ${FOLDER}/*/*.cpp)
foreach(file IN LISTS files)
  file(READ ${FOLDER}/${file} text)
  string(APPEND content "      {\"${file}\", R\"template(${text})template\"},\n")
endforeach()
string(APPEND content "  };\n  return files;\n}\n\n}  // namespace limen::app\n")
file(WRITE ${OUTPUT} "${content}")
