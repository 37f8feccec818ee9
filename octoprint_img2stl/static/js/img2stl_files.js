(function (Img2Stl) {
    "use strict";

    const FEW = 30; // rows shown at first

    // OctoPrint's own files, to take a mesh from.
    Img2Stl.Files = function (root) {
        const self = this;
        const all = ko.observable(null);
        self.isOpen = ko.observable(false);
        self.loading = ko.observable(false);
        self.problem = ko.observable(null);
        self.wanted = ko.observable("");
        self.taking = ko.observable(null); // path of the one that is being taken
        self.showsAll = ko.observable(false);
        self.wanted.subscribe(() => self.showsAll(false));

        const folderOf = (path) => path.split("/").slice(0, -1).join("/");
        const toRow = (file) => ({
            path: file.path,
            name: file.name || file.path.split("/").pop(),
            folder: folderOf(file.path),
            details: [
                file.size ? formatSize(file.size) : "",
                file.date ? formatTimeAgo(file.date) : ""
            ]
                .filter((text) => text)
                .join(" · ")
        });
        // all the words that were typed, anywhere in the path
        const matching = ko.pureComputed(function () {
            const words = self.wanted().toLowerCase().split(/\s+/);
            return (all() || []).filter((file) =>
                words.every((word) => file.path.toLowerCase().includes(word))
            );
        });
        self.rows = ko.pureComputed(() =>
            self.showsAll() ? matching() : matching().slice(0, FEW)
        );
        self.hasMore = ko.pureComputed(() => matching().length > self.rows().length);
        self.showAllText = ko.pureComputed(() =>
            _.sprintf(gettext("Show all %(count)d files"), {count: matching().length})
        );
        self.emptyText = ko.pureComputed(function () {
            if (self.loading() || !all() || matching().length) return "";
            return all().length
                ? gettext("No file has that in its name.")
                : gettext("There is no 3D model among OctoPrint's files.");
        });

        self.showAll = () => self.showsAll(true);
        self.open = function () {
            self.isOpen(true);
            self.load();
            Img2Stl.focus("#img2stl_files_search");
        };
        self.close = function () {
            self.isOpen(false);
            self.problem(null);
        };
        self.toggle = function () {
            if (self.isOpen()) {
                self.close();
            } else {
                self.open();
            }
        };
        self.dismiss = function () {
            self.close();
            Img2Stl.focus("#img2stl_files_open");
        };
        self.dismissByEscape = function (data, event) {
            if (event.key !== "Escape") return true;
            self.dismiss();
            return false;
        };
        self.load = function () {
            self.loading(true);
            self.problem(null);
            return OctoPrint.plugins.img2stl
                .getMeshFiles()
                .done((answer) =>
                    // newest first: it is mostly what was just brought
                    all(_.sortBy(answer.files, (file) => -(file.date || 0)).map(toRow))
                )
                .fail((xhr) => self.problem(Img2Stl.failure(xhr)))
                .always(() => self.loading(false));
        };
        self.take = function (file) {
            if (self.taking() || !root.can("create")) return;
            self.taking(file.path);
            self.problem(null);
            OctoPrint.plugins.img2stl
                .createFromFile(file.path)
                .done(function (answer) {
                    self.close();
                    root.adopt(answer.job);
                })
                .fail((xhr) => self.problem(Img2Stl.failure(xhr)))
                .always(() => self.taking(null));
        };
    };
})(window.Img2Stl);
