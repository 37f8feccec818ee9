(function (Img2Stl) {
    "use strict";

    const TAB = "#tab_plugin_img2stl";

    // what is being dragged, as far as the browser tells before it is dropped
    const draggedFiles = function (event) {
        const transfer = event.dataTransfer;
        if (!transfer || !Array.from(transfer.types || []).includes("Files")) return null;
        return Array.from(transfer.items || []).filter((item) => item.kind === "file");
    };

    Img2Stl.Photo = function (root) {
        const self = this;
        self.crop = new Img2Stl.Crop(root);
        self.problem = ko.observable(null);
        self.uploadPercent = ko.observable(null);
        self.sampling = ko.observable(false);
        self.dragging = ko.observable(false);

        self.isBusy = ko.pureComputed(
            () => self.uploadPercent() !== null || self.sampling()
        );
        self.uploadStyle = ko.pureComputed(() => ({
            width: (self.uploadPercent() || 0) + "%"
        }));
        self.uploadText = ko.pureComputed(function () {
            const percent = self.uploadPercent();
            if (percent === null) return "";
            if (percent >= 100) return gettext("The photo arrived, one moment …");
            return _.sprintf(gettext("Sending the photo: %(percent)d %%"), {
                percent: percent
            });
        });
        self.limitBytes = ko.pureComputed(function () {
            const state = root.state();
            return (state && state.limits && state.limits.upload_bytes) || null;
        });
        self.limitText = ko.pureComputed(function () {
            if (!self.limitBytes()) return "";
            return _.sprintf(
                gettext("JPEG, PNG, WebP, GIF, BMP or TIFF, up to %(size)s."),
                {
                    size: formatSize(self.limitBytes())
                }
            );
        });
        self.notices = ko.pureComputed(() => (root.job() && root.job().notices) || []);

        // why a file is not even sent, or null
        self.tooLarge = function (file) {
            const limit = self.limitBytes();
            if (!limit || file.size <= limit) return null;
            return Img2Stl.problem(
                _.sprintf(
                    gettext(
                        "This file has %(size)s, but at most %(limit)s are taken. Make the photo smaller, or raise the limit in the settings."
                    ),
                    {size: formatSize(file.size), limit: formatSize(limit)}
                )
            );
        };

        //~~ ways in

        self.send = function (file) {
            if (!file || self.isBusy() || !root.can("create")) return;
            self.problem(self.tooLarge(file));
            if (self.problem()) {
                root.show("photo");
                return;
            }
            self.uploadPercent(0);
            OctoPrint.plugins.img2stl
                .upload(file, file.name || "photo.png")
                .progress(function (progress) {
                    if (!progress.total) return;
                    self.uploadPercent(
                        Math.min(
                            100,
                            Math.floor((100 * progress.loaded) / progress.total)
                        )
                    );
                })
                .done((answer) => root.adopt(answer[0].job))
                .fail(function (answer) {
                    self.problem(self.uploadFailure(answer[0]));
                    root.show("photo");
                })
                .always(() => self.uploadPercent(null));
        };

        self.uploadFailure = function (xhr) {
            // OctoPrint closes the connection on a body that is too large
            if (xhr.status) return Img2Stl.failure(xhr);
            return Img2Stl.problem(
                gettext(
                    "The photo did not arrive. Check the connection, or try a smaller file."
                )
            );
        };

        self.makeSample = function () {
            if (self.isBusy()) return;
            self.problem(null);
            self.sampling(true);
            OctoPrint.plugins.img2stl
                .createSample()
                .done((answer) => root.adopt(answer.job))
                .fail((xhr) => self.problem(Img2Stl.failure(xhr)))
                .always(() => self.sampling(false));
        };

        self.choose = function () {
            document.getElementById("img2stl_file").click();
        };
        self.takePhoto = function () {
            document.getElementById("img2stl_camera").click();
        };
        self.chosen = function (data, event) {
            const input = event.target;
            const file = input.files && input.files[0];
            self.send(file);
            // the same file may be chosen again
            input.value = "";
        };

        //~~ drop and paste. Both listen on the document and before OctoPrint does, because
        //   its own overlay for G-code would otherwise cover this tab.

        const wanted = function (event) {
            if (!root.isVisible() || !root.can("create")) return false;
            const files = draggedFiles(event);
            if (!files) return false;
            const inside = !!$(event.target).closest(TAB).length;
            const onlyImages =
                files.length > 0 && files.every((item) => /^image\//.test(item.type));
            return inside || onlyImages;
        };
        let leaveTimer = null;

        const onDrag = function (event) {
            if (!wanted(event)) return;
            event.preventDefault();
            event.stopPropagation();
            event.dataTransfer.dropEffect = self.isBusy() ? "none" : "copy";
            self.dragging(true);
            // dragover comes several times a second for as long as the drag lasts
            window.clearTimeout(leaveTimer);
            leaveTimer = window.setTimeout(() => self.dragging(false), 600);
        };
        const onDrop = function (event) {
            self.dragging(false);
            if (!wanted(event)) return;
            event.preventDefault();
            event.stopPropagation();
            const files = event.dataTransfer.files;
            if ($(event.target).closest(".img2stl-photos").length) {
                root.photos.add(files);
            } else if (files.length > 1) {
                self.problem(
                    Img2Stl.problem(
                        gettext(
                            "One photo at a time, please: drop a single file, or drop more of them on the strip of photos."
                        )
                    )
                );
                root.show("photo");
            } else {
                self.send(files[0]);
            }
        };
        const onPaste = function (event) {
            if (!root.isVisible() || !root.can("create")) return;
            const target = $(event.target);
            if (target.is("textarea, input[type=text], input[type=password]")) return;
            if (target.closest(".modal").length) return;
            const files = (event.clipboardData && event.clipboardData.files) || [];
            const image = Array.from(files).find((file) => /^image\//.test(file.type));
            if (!image) return;
            event.preventDefault();
            self.send(image);
        };
        self.listen = function () {
            document.addEventListener("dragenter", onDrag, true);
            document.addEventListener("dragover", onDrag, true);
            document.addEventListener("drop", onDrop, true);
            document.addEventListener("paste", onPaste);
        };
    };
})(window.Img2Stl);
