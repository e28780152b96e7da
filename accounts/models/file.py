"""Files that people hand in: what they are, whose they are, and their bytes."""

from django.db import models

from accounts.appendonly import AppendOnly
from accounts.models.directory import Account
from accounts.tenancy import TenantModel


class MediaType(models.TextChoices):
    """What is kept at all; the value is the type under which it is given out again."""

    PDF = "application/pdf", "PDF"
    PNG = "image/png", "PNG"
    JPEG = "image/jpeg", "JPEG"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel"
    CSV = "text/csv", "CSV"
    TEXT = "text/plain", "Text"


class File(TenantModel):
    """A file as it was handed in by `uploaded_by`; what it belongs to refers to it.

    `account` is whose it is: its people and its rep may read it. Without one it is the company's
    own, and read by staff. `size` is in bytes, `digest` the SHA-256 of them in hexadecimal digits.
    """

    account = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="files", db_index=False
    )
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=80, choices=MediaType)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=60)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(size__gt=0), name="file_of_something"),
            AppendOnly(name="file_append_only"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "account", "-uploaded_at", "-id"], name="file_by_account"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FileContent(TenantModel):
    """A file's bytes, apart from it, so that no list of files reads them. In the database: they
    are committed, walled off and backed up together with what they prove."""

    file = models.ForeignKey(File, on_delete=models.PROTECT, related_name="+", db_index=False)
    content = models.BinaryField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "file"], name="file_content_once"),
            AppendOnly(name="file_content_append_only"),
        ]

    def __str__(self) -> str:
        return f"Content of {self.file_id}"
