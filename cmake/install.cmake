# What `make install` puts beside programs, plugins and the SDK, which install themselves: the shipped
# configuration, the documents, and the predecessor's name for the program.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/config/ DESTINATION ${CMAKE_INSTALL_DATADIR}/orxaq/config)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/skills/ DESTINATION ${CMAKE_INSTALL_DATADIR}/orxaq/skills)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)

# `orxaq-autonomy` is orxaq under the name scripts know.
if(TARGET orxaq)
    file(CREATE_LINK orxaq ${CMAKE_BINARY_DIR}/orxaq-autonomy SYMBOLIC)
    install(FILES ${CMAKE_BINARY_DIR}/orxaq-autonomy DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
