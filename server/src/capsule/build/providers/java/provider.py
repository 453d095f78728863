"""Plan Java projects: Maven, Gradle, plain sources with a `main`, or a jar that is there already."""

import re

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.java.sources import find_main, java_files
from capsule.build.providers.needs import needed
from capsule.build.providers.start import Commands, Launch, choose_start, is_auto, read_commands
from capsule.build.toolchain import Toolchain

_GRADLE_FILES = ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "gradlew")
_CLASSES = "{deps}/classes"
_JAR, _SCRIPT = "{deps}/jar", "{deps}/script"
"""Files with the path below the project of the jar, or of the script that starts it."""

# Inside walls a Java machine takes the whole computer's memory for its own; it is told what the replica has.
_JAVA = 'exec java ${CAPSULE_MEMORY_MB:+-XX:MaxRAM=${CAPSULE_MEMORY_MB}m} -XX:MaxRAMPercentage=70 "$@"'
_RUN_JAR = _JAVA.replace('"$@"', f'-jar "$1/$(cat {_JAR})"')
_RUN_SCRIPT = (
    'export JAVA_OPTS="${CAPSULE_MEMORY_MB:+-XX:MaxRAM=${CAPSULE_MEMORY_MB}m} -XX:MaxRAMPercentage=70 '
    f'$JAVA_OPTS"; exec sh "$1/$(cat {_SCRIPT})"'
)

# The order in which runnable jars are looked for; others that builds leave beside them are passed over.
_FIND_JAR = """
jar=$(command -v jar); here=$(pwd); cd "$TMPDIR" || exit 1
for file in "$here"/target/*.jar "$here"/*/target/*.jar "$here"/build/libs/*.jar "$here"/*/build/libs/*.jar \
"$here"/build/*.jar "$here"/*.jar; do
  case "$file" in
    *-sources.jar|*-javadoc.jar|*-plain.jar|*-tests.jar|*/original-*.jar) continue ;;
  esac
  [ -f "$file" ] && rm -rf META-INF && "$jar" xf "$file" META-INF/MANIFEST.MF || continue
  if grep -q '^Main-Class:' META-INF/MANIFEST.MF; then
    printf '%s' "${file#"$here"/}" > "$1" && echo "starts ${file#"$here"/}" && exit 0
  fi
done
echo 'Error: the build made no jar with a Main-Class in target/, build/ or build/libs/.' \
'Name the class in the build file, or set a run command.' >&2; exit 1
"""
# What Gradle's plugin `application` installs: the program's jars, and a script that starts it.
_FIND_SCRIPT = """
for file in build/install/*/bin/* */build/install/*/bin/*; do
  case "$file" in *.bat) continue ;; esac
  [ -f "$file" ] && printf '%s' "$file" > "$1" && echo "starts $file" && exit 0
done
echo 'Error: the task installDist made no script in build/install/. Set a run command.' >&2; exit 1
"""
_APPLICATION = re.compile(
    r"""\bid[\s(]*['"]application['"]|plugin:\s*['"]application['"]|^\s*`?application`?\s*(?:\{|$)""",
    re.MULTILINE,
)
_RUNNABLE_JAR = re.compile(r"org\.springframework\.boot|shadow|\bMain-Class\b|io\.quarkus")

_SERVER = re.compile(
    r"\b(?:HttpServer|ServerSocket|ServerSocketChannel|Javalin|SpringApplication|Undertow)\b"
)
_FRAMEWORKS = re.compile(
    r"spring-boot-starter-web|quarkus|micronaut|javalin|jetty|tomcat|undertow|vertx|dropwizard|ktor-server"
)
_FRAMEWORK_PORTS = {
    "SERVER_PORT": "{port}",
    "SERVER_ADDRESS": "127.0.0.1",
    "QUARKUS_HTTP_PORT": "{port}",
    "QUARKUS_HTTP_HOST": "127.0.0.1",
    "MICRONAUT_SERVER_PORT": "{port}",
    "MICRONAUT_SERVER_HOST": "127.0.0.1",
}


class JavaProvider:
    name = "java"
    manifests: tuple[str, ...] = (
        "pom.xml", ".mvn/extensions.xml", *_GRADLE_FILES, "META-INF/MANIFEST.MF",
    )  # fmt: skip

    def detect(self, project: Project) -> bool:
        return bool(project.glob("*.jar") or java_files(project))

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        java = needed(toolchain, "java", "The project is written in Java")
        draft.use(java)
        draft.env["JAVA_HOME"] = java.folder.removesuffix("/bin")
        draft.choose("java", java.version, "the Java on this machine")
        commands = read_commands(project, settings, draft)
        builder = _Building(project, settings, toolchain, draft)
        launch = choose_start(project, commands, draft, builder.launch)
        builder.plan(commands, launch)
        return draft.finish(launch.argv, env=_FRAMEWORK_PORTS)


class _Building:
    """Knows what the project is built with, and so what it is started with."""

    def __init__(self, project: Project, settings: BuildSettings, toolchain: Toolchain, draft: Draft) -> None:
        self._project = project
        self._settings = settings
        self._toolchain = toolchain
        self._draft = draft
        self._has_jar = bool(project.glob("*.jar"))
        self._tool = _tool(project)
        self._is_installed = self._tool == "gradle" and _is_application(project)
        self._main = None if self._tool else find_main(project)

    def launch(self) -> Launch:
        if self._tool or not is_auto(self._settings.build_command):
            texts = " ".join(self._project.text(path) for path in ("pom.xml", *_GRADLE_FILES[:2]))
            listens = True if _FRAMEWORKS.search(texts) else None
            if self._is_installed and is_auto(self._settings.build_command):
                return Launch(
                    ("sh", "-c", _RUN_SCRIPT, "java", "{app}"),
                    "what Gradle's plugin `application` installs",
                    listens,
                    "build/install/…/bin/…",
                )
            return _run_jar(
                "the first runnable jar in target, build/libs, build or the root folder", listens=listens
            )
        if self._main:
            argv = ("sh", "-c", _JAVA, "java", "-cp", _class_path(), self._main.name)
            place, shown = f"`main` in {self._main.path}", f"java {self._main.name}"
            listens = True if _SERVER.search(self._project.text(self._main.path)) else None
            return Launch(argv, place, listens=listens, shown=shown)
        if self._has_jar:
            return _run_jar("a jar in the root folder")
        raise Unplannable(
            "The project has no pom.xml, no build.gradle, no jar, and no class with `static void main`.",
            hint="Set the project path if the code lies deeper, or a build command.",
            may_lie_deeper=True,
        )

    def plan(self, commands: Commands, launch: Launch) -> None:
        draft = self._draft
        if not is_auto(self._settings.build_command):
            line = self._settings.build_command
            draft.choose("build command", line, "build command in the capsule's config")
            draft.line("build", line, env=_caches())
        elif self._tool == "maven":
            self._maven()
        elif self._tool == "gradle":
            self._gradle()
        elif self._main:
            self._javac()
        if launch.argv is not None and _RUN_JAR in launch.argv:
            draft.step("find the jar", "sh", "-c", _FIND_JAR, "find", _JAR)
        elif launch.argv is not None and _RUN_SCRIPT in launch.argv:
            draft.step("find the script", "sh", "-c", _FIND_SCRIPT, "find", _SCRIPT)

    def _maven(self) -> None:
        arguments = ("--batch-mode", "--no-transfer-progress", "-DskipTests",
                     "-Dmaven.repo.local={cache}/maven", "clean", "package")  # fmt: skip
        if self._project.has("mvnw"):
            self._draft.choose("build command", "./mvnw clean package", "the wrapper mvnw")
            self._draft.step("build", "sh", "./mvnw", *arguments, env=_caches())
            return
        maven = needed(self._toolchain, "maven", "The project is built with Maven")
        self._draft.use(maven)
        self._draft.choose("build command", "mvn clean package", f"pom.xml; Maven {maven.version}")
        self._draft.step("build", "mvn", *arguments, env=_caches())

    def _gradle(self) -> None:
        tasks = ("clean", "installDist" if self._is_installed else "assemble")
        arguments = ("--no-daemon", "--console=plain", *tasks)
        if self._project.has("gradlew"):
            self._draft.choose("build command", f"./gradlew {' '.join(tasks)}", "the wrapper gradlew")
            self._draft.step("build", "sh", "./gradlew", *arguments, env=_caches())
            return
        gradle = needed(self._toolchain, "gradle", "The project is built with Gradle")
        self._draft.use(gradle)
        self._draft.choose("build command", f"gradle {' '.join(tasks)}", f"build.gradle; {gradle.version}")
        self._draft.step("build", "gradle", *arguments, env=_caches())

    def _javac(self) -> None:
        assert self._main is not None
        self._draft.choose("build command", "javac", "sources without pom.xml and build.gradle")
        self._draft.step(
            "compile", "sh", "-c",
            f"find . -name '*.java' -not -path './.*' > \"$TMPDIR/sources\" && "
            f"javac -encoding UTF-8 -d {_CLASSES} -cp {_class_path()} @\"$TMPDIR/sources\"",
        )  # fmt: skip


def _tool(project: Project) -> str:
    if project.first("pom.xml", ".mvn/extensions.xml"):
        return "maven"
    return "gradle" if project.first(*_GRADLE_FILES) else ""


def _is_application(project: Project) -> bool:
    """Say whether Gradle makes a program with a script of its own, and no jar that runs by itself."""
    names = _GRADLE_FILES[:2]
    files = [*names, *(path for name in names for path in project.glob(f"*/{name}"))]
    texts = [project.text(path) for path in files]
    return any(map(_APPLICATION.search, texts)) and not any(map(_RUNNABLE_JAR.search, texts))


def _run_jar(reason: str, *, listens: bool | None = None) -> Launch:
    argv = ("sh", "-c", _RUN_JAR, "java", "{app}")
    return Launch(argv, reason, listens=listens, shown="java -jar …")


def _class_path() -> str:
    return f"{_CLASSES}:{{app}}:{{app}}/lib/*"


def _caches() -> dict[str, str]:
    return {"GRADLE_USER_HOME": "{cache}/gradle", "MAVEN_USER_HOME": "{cache}/maven-wrapper"}
