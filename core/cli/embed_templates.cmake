# SPDX-License-Identifier: 0BSD
# cmake -DSDK=sdk -DTO=template_files.cpp -P: every file of sdk/template as a text of the program, so
# that one binary has them wherever it is installed. In C and Rust a project's source is the SDK's
# example of that language, under the project's name.
set(rows "")
macro(add_row name)
  string(APPEND rows "    {\"${name}\", R\"__(${text})__\"},\n")
endmacro()

file(GLOB_RECURSE files LIST_DIRECTORIES false RELATIVE ${SDK}/template ${SDK}/template/* ${SDK}/template/.*)
list(SORT files)
foreach(name IN LISTS files)
  file(READ ${SDK}/template/${name} text)
  add_row(${name})
endforeach()
foreach(language_suffix "c;c" "rust;rs")
  list(GET language_suffix 0 language)
  list(GET language_suffix 1 suffix)
  file(READ ${SDK}/examples/${language}/speech.${suffix} text)
  string(REPLACE "speech_${language}" "my_plugin" text "${text}")
  string(REPLACE "(\"speech\")" "(\"my_plugin\")" text "${text}")
  add_row(detector-${language}/src/my_plugin.${suffix})
endforeach()
file(WRITE ${TO} "#include \"cli/template_files.hpp\"\n\nnamespace subnetd::cli {\n\n"
  "std::span<const TemplateFile> template_files() {\n  static constexpr TemplateFile all[] = {\n"
  "${rows}  };\n  return all;\n}\n\n}  // namespace subnetd::cli\n")
