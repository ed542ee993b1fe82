# SPDX-License-Identifier: 0BSD
# cmake -DFROM=sdk/template -DTO=template_files.cpp -P: every file of the folder as a text of the
# program, so that one binary has them wherever it is installed.
file(GLOB_RECURSE files LIST_DIRECTORIES false RELATIVE ${FROM} ${FROM}/* ${FROM}/.*)
list(SORT files)
set(rows "")
foreach(name IN LISTS files)
  file(READ ${FROM}/${name} text)
  string(APPEND rows "    {\"${name}\", R\"__(${text})__\"},\n")
endforeach()
file(WRITE ${TO} "#include \"cli/template_files.hpp\"\n\nnamespace subnetd::cli {\n\n"
  "std::span<const TemplateFile> template_files() {\n  static constexpr TemplateFile all[] = {\n"
  "${rows}  };\n  return all;\n}\n\n}  // namespace subnetd::cli\n")
