/* version.h: the version of this program, given by the build. Threads: constants. */
#ifndef ORX_CLI_VERSION_H
#define ORX_CLI_VERSION_H

#ifndef ORX_VERSION
#define ORX_VERSION "0.1.0"
#endif

#endif
